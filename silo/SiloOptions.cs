using System.Net;
using Microsoft.Extensions.Options;

namespace Monitor.Silo;

/// <summary>What a process of Monitor does.</summary>
public enum Role
{
    /// <summary>Both of the others in one process.</summary>
    All = 0,

    /// <summary>Holds grains and feeds them.</summary>
    Silo = 1,

    /// <summary>Takes reports and answers queries, by the silos of its cluster.</summary>
    Gateway = 2,
}

/// <summary>What the process is, where it keeps its data and where it meets its like. Bound from the configuration section <c>Monitor</c>.</summary>
public sealed class SiloOptions
{
    /// <summary>What the process does. Default <see cref="Role.All"/>; the others are of a cluster, on PostgreSQL.</summary>
    public Role Role { get; set; }

    /// <summary>Directory of the embedded journal; created where it is missing. Default <c>./data</c>.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>Partitions of the journal: the ceiling of parallelism; fixed when it is created. Default 16; 1 to 1,024.</summary>
    public int Partitions { get; set; } = 16;

    /// <summary>The cluster, by which silos and gateways know each other in Consul, and the journal its processes. 1 to 100 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; default <c>monitor</c>.</summary>
    public string ClusterId { get; set; } = "monitor";

    /// <summary>The IP address, or host name with one, at which others reach this process. Default 127.0.0.1, which nobody on another machine can.</summary>
    public string AdvertisedAddress { get; set; } = "127.0.0.1";

    /// <summary>Port between silos. Default 11111; 0 is any free one.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port of a silo for gateways. Default 30000; 0 is any free one.</summary>
    public int SiloGatewayPort { get; set; } = 30000;

    /// <summary>
    /// How long a silo may take to answer another's probe: three missed, and two that say so, and it is out of the cluster, and has to start again. Less finds a dead
    /// silo sooner, and takes one that is slow for dead sooner. Default 2 s; 0.5 s to 30 s.
    /// </summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Bound on stopping: after it the process ends with what is not yet handed over; nothing acknowledged is lost by that. Default 20 s; 1 s to 10 minutes.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Holds grains.</summary>
    public bool IsSilo => Role != Role.Gateway;

    /// <summary>Takes reports and queries.</summary>
    public bool IsGateway => Role != Role.Silo;

    /// <summary>
    /// The settings of a configuration, which decide what the host is composed of.
    /// </summary>
    /// <exception cref="OptionsValidationException">They are not valid.</exception>
    public static SiloOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("Monitor");
        if (section[nameof(Role)] is { } role && !(Enum.TryParse<Role>(role, ignoreCase: true, out var known) && Enum.IsDefined(known)))
            throw new OptionsValidationException("Monitor", typeof(SiloOptions), [$"Monitor:Role is '{role}'; it must be all, silo or gateway."]);
        var options = section.Get<SiloOptions>() ?? new();
        var result = new SiloOptionsValidator().Validate(null, options);
        return result.Failed ? throw new OptionsValidationException("Monitor", typeof(SiloOptions), result.Failures) : options;
    }
}

internal sealed class SiloOptionsValidator : IValidateOptions<SiloOptions>
{
    public ValidateOptionsResult Validate(string? name, SiloOptions options)
    {
        var failures = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DataDirectory)) failures.Add("Monitor:DataDirectory is empty; it must name a directory.");
        if (options.Partitions is < 1 or > 1024) failures.Add($"Monitor:Partitions is {options.Partitions}; it must be 1 to 1024.");
        if (options.ClusterId.Length is < 1 or > 100 || options.ClusterId.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
            failures.Add($"Monitor:ClusterId is '{options.ClusterId}'; it must be 1 to 100 letters, digits, - _ and .");
        if (Uri.CheckHostName(options.AdvertisedAddress) == UriHostNameType.Unknown || (IPAddress.TryParse(options.AdvertisedAddress, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))))
            failures.Add($"Monitor:AdvertisedAddress is '{options.AdvertisedAddress}'; it must be the IP address or host name at which others reach this process.");
        Port(nameof(options.SiloPort), options.SiloPort);
        Port(nameof(options.SiloGatewayPort), options.SiloGatewayPort);
        if (options.ProbeTimeout < TimeSpan.FromSeconds(0.5) || options.ProbeTimeout > TimeSpan.FromSeconds(30))
            failures.Add($"Monitor:ProbeTimeout is {options.ProbeTimeout}; it must be 00:00:00.5 to 00:00:30.");
        if (options.ShutdownTimeout < TimeSpan.FromSeconds(1) || options.ShutdownTimeout > TimeSpan.FromMinutes(10))
            failures.Add($"Monitor:ShutdownTimeout is {options.ShutdownTimeout}; it must be 00:00:01 to 00:10:00.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Port(string key, int port)
        {
            if (port is < 0 or > IPEndPoint.MaxPort) failures.Add($"Monitor:{key} is {port}; it must be 0 to {IPEndPoint.MaxPort}.");
        }
    }
}
