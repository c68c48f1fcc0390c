using Grpc.Net.Client;

namespace Monitor.Client;

/// <summary>Settings of a reporter, bound from the configuration section <c>Monitor:Reporter</c>. All are read once, at start.</summary>
public sealed class MonitorReporterOptions
{
    /// <summary>The configuration section: <c>Monitor:Reporter</c>.</summary>
    public const string Section = "Monitor:Reporter";

    /// <summary>
    /// The server's gRPC address, http or https; or several, separated by commas, of which one is taken at random, and another when that fails; or
    /// <c>dns:///host:port</c>, all addresses of that name; or one of <see cref="AddressSchemes"/>. Default <c>http://127.0.0.1:7401</c>.
    /// </summary>
    public string Server { get; set; } = "http://127.0.0.1:7401";

    /// <summary>Name of this service: 1 to 256 bytes of UTF-8. Default: the name of the entry assembly.</summary>
    public string Service { get; set; } = "";

    /// <summary>Version of this service, at most 256 bytes of UTF-8. Default: that of the entry assembly.</summary>
    public string Version { get; set; } = "";

    /// <summary>
    /// Id of this instance, unique within the service: 1 to 256 bytes of UTF-8. Default: the service name, a dash and a new GUID. An id that
    /// stays the same over restarts keeps the instance's history in one piece.
    /// </summary>
    public string Instance { get; set; } = "";

    /// <summary>Longest time between two ticks: 1 second to 1 day. Default 60 seconds. The server notices silence by it.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>After this time without a new one a report expires: 0 to 365 days. Default an hour. The interval counts where it is longer.</summary>
    public TimeSpan Ttl { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Time given to a healthcheck: 1 millisecond to 1 day. Default 10 seconds. The interval counts where it is shorter.</summary>
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The part of the interval, 0 to 0.5, by which a tick may come earlier, at random, so that instances started together do not report together.
    /// Default 0.1.
    /// </summary>
    public double Jitter { get; set; } = 0.1;

    /// <summary>
    /// Bytes of reports to hold for the server to answer, 64 KiB to 1 GiB; beyond it the oldest go and are counted as lost. Default 8 MiB.
    /// </summary>
    public int BufferLimit { get; set; } = 8 * 1024 * 1024;

    /// <summary>Time to deliver STOPPED and what is buffered when stopping: 0 to 5 minutes. Default 5 seconds.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time to wait for an answer before reconnecting: 1 second to 10 minutes. Default 30 seconds.</summary>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether to report CPU, memory, disk and threads of this process. Default true.</summary>
    public bool ProcessStats { get; set; } = true;

    /// <summary>Finds the servers, in place of <see cref="Server"/>. Default: none.</summary>
    public AddressResolver? AddressResolver { get; set; }

    /// <summary>What <see cref="Server"/> may begin with beside http, https and dns: ways to find servers. Default: none.</summary>
    public IList<AddressScheme> AddressSchemes { get; } = [];

    /// <summary>
    /// Makes the channel to an address, for certificates, credentials or another transport. The reporter disposes of it. Default: a channel of
    /// its own with keep-alive pings, by which a server that hangs is left: after a quarter of the interval, from 5 to 20 s, and 5 s more.
    /// </summary>
    public Func<Uri, GrpcChannel>? CreateChannel { get; set; }
}
