using NATS.Client.Core;
using NATS.Client.JetStream;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>JetStream is required, and not to be had.</summary>
internal sealed class JetStreamMissingException() : Exception($"There is no JetStream for this login, and {GoMicroNatsOptions.Section}:JetStream is required.");

/// <summary>What failures of NATS mean.</summary>
internal static class NatsFault
{
    private const int NotEnabledForAccount = 10039;
    private const int NotEnabled = 10076;

    /// <summary>There is no JetStream, as far as this login goes.</summary>
    public static bool IsNoJetStream(NatsJSApiException failure) => failure.Error.ErrCode is NotEnabledForAccount or NotEnabled;

    /// <summary>The server said no, and will until somebody changes something.</summary>
    public static bool IsRefusal(Exception failure) => Chain(failure).Any(one => one switch
    {
        NatsServerException { IsAuthError: true } or JetStreamMissingException => true,
        NatsJSApiException { Error.Code: var code } => code != StatusCodes.Status503ServiceUnavailable,
        _ => false,
    });

    public static bool IsRefusal(NatsServerErrorKind kind) => kind is NatsServerErrorKind.AuthorizationViolation or NatsServerErrorKind.AuthenticationExpired
        or NatsServerErrorKind.AuthenticationRevoked or NatsServerErrorKind.AccountAuthenticationExpired or NatsServerErrorKind.PermissionsViolation;

    /// <summary>The innermost reason, in a sentence.</summary>
    public static string ReasonOf(Exception failure)
    {
        var innermost = Chain(failure).Last();
        var text = innermost is NatsServerException server ? server.Error : innermost.Message;
        return text.EndsWith('.') ? text : $"{text}.";
    }

    private static IEnumerable<Exception> Chain(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException) yield return failure;
    }
}
