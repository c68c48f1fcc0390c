using System.Globalization;
using Microsoft.Extensions.Options;
using Monitor.Client.Addresses;

namespace Monitor.Client.Internal;

internal sealed class MonitorReporterOptionsValidator : IValidateOptions<MonitorReporterOptions>
{
    public ValidateOptionsResult Validate(string? name, MonitorReporterOptions options)
    {
        List<string> failures = [];
        if (options.AddressResolver is null)
        {
            failures.AddRange(new ServerValue(options.Server, options.AddressSchemes).Faults
                .Select(fault => $"{MonitorReporterOptions.Section}:{nameof(options.Server)} is '{fault.Value}'; {fault.Why}."));
        }

        Text(failures, nameof(options.Service), options.Service, 1);
        Text(failures, nameof(options.Version), options.Version, 0);
        Text(failures, nameof(options.Instance), options.Instance, 1);
        Time(failures, nameof(options.Interval), options.Interval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Time(failures, nameof(options.Ttl), options.Ttl, TimeSpan.Zero, TimeSpan.FromDays(365));
        Time(failures, nameof(options.CheckTimeout), options.CheckTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        Time(failures, nameof(options.ShutdownTimeout), options.ShutdownTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Time(failures, nameof(options.AnswerTimeout), options.AnswerTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        if (options.Jitter is not (>= 0 and <= 0.5)) failures.Add(Failure(nameof(options.Jitter), options.Jitter, "0 to 0.5"));
        if (options.BufferLimit is < 64 * 1024 or > 1024 * 1024 * 1024)
            failures.Add(Failure(nameof(options.BufferLimit), options.BufferLimit, "65536 to 1073741824 bytes"));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Text(List<string> failures, string key, string? value, int minBytes)
    {
        if (Limits.Fault(value, minBytes, Limits.KeyBytes) is { } fault)
            failures.Add($"{MonitorReporterOptions.Section}:{key} {fault}; allowed: {minBytes} to {Limits.KeyBytes} bytes of UTF-8.");
    }

    private static void Time(List<string> failures, string key, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most) failures.Add(Failure(key, value, $"{least} to {most}"));
    }

    private static string Failure(string key, object value, string range) =>
        string.Create(CultureInfo.InvariantCulture, $"{MonitorReporterOptions.Section}:{key} is '{value}'; allowed: {range}.");
}
