using Microsoft.Extensions.Options;

namespace Monitor.Consul.Registration;

/// <summary>How a server is registered in Consul, so that reporters and queries find it.</summary>
public sealed class ConsulRegistrationOptions
{
    /// <summary>The service it is an instance of. Default <see cref="MonitorService.Name"/>.</summary>
    public string ServiceName { get; set; } = MonitorService.Name;

    /// <summary>The instance, unique in the datacenter. Default: the service's name and a new UUID for each process.</summary>
    public string Id { get; set; } = $"{MonitorService.Name}-{Guid.NewGuid()}";

    /// <summary>The host name or IP address that clients reach it at. Default: that of the agent's node.</summary>
    public string Address { get; set; } = "";

    /// <summary>The port of gRPC at that address. 1 to 65535; no default.</summary>
    public int GrpcPort { get; set; }

    /// <summary>Whether the gRPC port speaks TLS. Default no.</summary>
    public bool Tls { get; set; }

    /// <summary>The port of the HTTP interface at that address, told as metadata. 1 to 65535; default none.</summary>
    public int? HttpPort { get; set; }

    /// <summary>The version of the server, told as metadata. Default: none.</summary>
    public string Version { get; set; } = "";

    /// <summary>Further tags. Default: none. Those of the original, which begin with <c>v=</c> or <c>v-</c>, would let its clients find this server.</summary>
    public IList<string> Tags { get; } = [];

    /// <summary>
    /// How long the server counts as healthy after it last said so; it says so three times as often. What a server that was killed is still found for. Default
    /// 10 s, at least 1 s, at most 10 min.
    /// </summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the server asks itself whether it can serve; a change is told at once. Default 1 s, more than 0, at most <see cref="TimeToLive"/>.</summary>
    public TimeSpan CheckPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it may be unhealthy until Consul forgets it. Default 5 min; Consul acts at its own pace, at least 1 min, at most 7 d.</summary>
    public TimeSpan DeregisterCriticalServiceAfter { get; set; } = TimeSpan.FromMinutes(5);
}

internal sealed class ConsulRegistrationOptionsValidator : IValidateOptions<ConsulRegistrationOptions>
{
    private const string Section = "Consul:Registration";

    public ValidateOptionsResult Validate(string? name, ConsulRegistrationOptions options)
    {
        List<string> failures = [];
        if (string.IsNullOrWhiteSpace(options.ServiceName)) failures.Add($"{Section}:ServiceName is empty: a name is needed, as {MonitorService.Name}.");
        if (string.IsNullOrWhiteSpace(options.Id)) failures.Add($"{Section}:Id is empty: a unique name is needed.");
        if (options.Address.Length > 0 && Uri.CheckHostName(options.Address) == UriHostNameType.Unknown)
            failures.Add($"{Section}:Address is '{options.Address}': a host name or an IP address is needed.");
        if (options.GrpcPort is < 1 or > 65535) failures.Add($"{Section}:GrpcPort is {options.GrpcPort}: from 1 to 65535 is allowed.");
        if (options.HttpPort is < 1 or > 65535) failures.Add($"{Section}:HttpPort is {options.HttpPort}: from 1 to 65535 is allowed.");
        Range(nameof(options.TimeToLive), options.TimeToLive, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Range(nameof(options.CheckPeriod), options.CheckPeriod, TimeSpan.FromMilliseconds(1), options.TimeToLive);
        Range(nameof(options.DeregisterCriticalServiceAfter), options.DeregisterCriticalServiceAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Range(string key, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most) failures.Add($"{Section}:{key} is {value}: from {least} to {most} is allowed.");
        }
    }
}
