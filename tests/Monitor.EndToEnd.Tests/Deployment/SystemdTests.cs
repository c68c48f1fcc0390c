using System.Net.Sockets;
using System.Text;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests.Deployment;

/// <summary>The server as a unit of systemd with Type=notify: what it tells, and when.</summary>
public sealed class SystemdTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Passes SIGTERM on, and ends as its child does.
    private const string Script = """
        trap 'kill -TERM $child' TERM
        "$0" "$@" &
        child=$!
        wait $child
        code=$?
        if [ $code -gt 128 ]; then wait $child; code=$?; fi
        exit $code
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monitor-notify-");
    private readonly Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly string path;
    private readonly string parent;

    public SystemdTests()
    {
        path = Path.Combine(folder.FullName, "notify");
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        // A unit knows itself by its parent's name.
        parent = File.CreateSymbolicLink(Path.Combine(folder.FullName, "systemd"), "/bin/sh").FullName;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unit_StartedAndStopped_TellsReadyAndStopping()
    {
        await using var silo = Launch(new Dictionary<string, string>());

        Assert.Equal("READY=1", await ToldAsync());
        await silo.UntilReadyAsync(Cancellation);
        // As the journal of systemd takes it: with the level it knows, without a time.
        Assert.Contains(silo.Log.Lines, line => line.StartsWith("<6>Monitor.", StringComparison.Ordinal));

        Assert.Equal(0, await silo.StopAsync());
        Assert.Equal("STOPPING=1", await ToldAsync());
    }

    [Fact]
    public async Task Unit_WaitsForItsJournal_IsNotReady()
    {
        await using var silo = Launch(new Dictionary<string, string>
        {
            ["Monitor__Role"] = "silo",
            ["Monitor__Postgres__ConnectionString"] = $"Host=127.0.0.1;Port={Ports.Free()};Username=a;Password=b",
            ["Monitor__SiloPort"] = "0",
            ["Monitor__SiloGatewayPort"] = "0",
        });
        await silo.UntilUnreadyAsync("The journal is not open yet", Cancellation);

        Assert.Equal(0, await silo.StopAsync());

        Assert.Equal("STOPPING=1", await ToldAsync());
    }

    public void Dispose()
    {
        systemd.Dispose();
        folder.Delete(recursive: true);
    }

    private SiloProcess Launch(Dictionary<string, string> settings) =>
        SiloProcess.Launch(new() { Launcher = [parent, "-c", Script], Environment = new Dictionary<string, string>(settings) { ["NOTIFY_SOCKET"] = path } });

    private async Task<string> ToldAsync()
    {
        var buffer = new byte[4096];
        try
        {
            return Encoding.UTF8.GetString(buffer, 0, await systemd.ReceiveAsync(buffer, SocketFlags.None, Cancellation).AsTask().WaitAsync(Patience, Cancellation)).Trim();
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Patience.TotalSeconds:0} s for the server to tell systemd how it is.");
        }
    }
}
