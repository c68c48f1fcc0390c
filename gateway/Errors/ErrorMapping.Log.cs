namespace Monitor.Gateway.Errors;

internal sealed partial class ErrorMapping
{
    [LoggerMessage(2000, LogLevel.Error, "{Method} failed.")]
    private partial void LogFailed(string method, Exception exception);

    [LoggerMessage(2001, LogLevel.Warning, "{Method} could not be answered: a part of the server is unavailable.")]
    private partial void LogUnavailable(string method, Exception exception);
}
