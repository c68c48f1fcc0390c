using Microsoft.Extensions.Options;

namespace Monitor.Silo;

/// <summary>Where the process keeps its data and meets its like. Bound from the configuration section <c>Monitor</c>.</summary>
public sealed class SiloOptions
{
    /// <summary>Directory of the journal; created where it is missing. Default <c>./data</c>.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>Partitions of the journal: the ceiling of parallelism; fixed when it is created. Default 16; 1 to 1,024.</summary>
    public int Partitions { get; set; } = 16;

    /// <summary>Bound on stopping: after it the process ends with what is not yet handed over; nothing acknowledged is lost by that. Default 20 s; 1 s to 10 minutes.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);
}

internal sealed class SiloOptionsValidator : IValidateOptions<SiloOptions>
{
    public ValidateOptionsResult Validate(string? name, SiloOptions options)
    {
        var failures = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DataDirectory)) failures.Add("Monitor:DataDirectory is empty; it must name a directory.");
        if (options.Partitions is < 1 or > 1024) failures.Add($"Monitor:Partitions is {options.Partitions}; it must be 1 to 1024.");
        if (options.ShutdownTimeout < TimeSpan.FromSeconds(1) || options.ShutdownTimeout > TimeSpan.FromMinutes(10))
            failures.Add($"Monitor:ShutdownTimeout is {options.ShutdownTimeout}; it must be 00:00:01 to 00:10:00.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
