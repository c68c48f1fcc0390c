using Microsoft.Extensions.Options;

namespace Monitor.Consul.GoMicro;

/// <summary>How long go-micro's clients take this server for alive.</summary>
public sealed class GoMicroRegistrationOptions
{
    /// <summary>
    /// How long its entries count as healthy after it last said so; it says so three times as often. What a server that was killed is still sent messages for, which go-micro's publishers
    /// do not send again. Default 10 s, at least 1 s, at most 10 min. (The original: a minute for topics, for ever for the server.)
    /// </summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often it asks itself whether it can serve; a change is told at once. Default 1 s, more than 0, at most <see cref="TimeToLive"/>.</summary>
    public TimeSpan CheckPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it may be unhealthy until Consul forgets it. Default 65 s, as the original's topics; Consul acts at its own pace, at least 1 min, at most 7 d.</summary>
    public TimeSpan DeregisterCriticalServiceAfter { get; set; } = TimeSpan.FromSeconds(65);
}

internal sealed class GoMicroRegistrationOptionsValidator : IValidateOptions<GoMicroRegistrationOptions>
{
    public ValidateOptionsResult Validate(string? name, GoMicroRegistrationOptions options)
    {
        List<string> failures = [];
        Range(nameof(options.TimeToLive), options.TimeToLive, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Range(nameof(options.CheckPeriod), options.CheckPeriod, TimeSpan.FromMilliseconds(1), options.TimeToLive);
        Range(nameof(options.DeregisterCriticalServiceAfter), options.DeregisterCriticalServiceAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Range(string key, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most) failures.Add($"Consul:GoMicro:{key} is {value}: from {least} to {most} is allowed.");
        }
    }
}
