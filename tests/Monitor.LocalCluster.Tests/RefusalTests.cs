using System.Net;
using System.Net.Sockets;
using Monitor.LocalCluster.Programs;

namespace Monitor.LocalCluster.Tests;

public sealed class RefusalTests
{
    [Theory]
    [InlineData(0, 1, 1, "0 silos")]
    [InlineData(21, 1, 1, "21 silos")]
    [InlineData(1, 0, 1, "0 gateways")]
    [InlineData(1, 1, 2, "2 Consul servers")]
    public async Task Up_ACountOutOfRange_SaysWhich(int silos, int gateways, int consuls, string expected)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"monitor-none-{Guid.NewGuid():N}");
        var options = new LoopbackClusterOptions { Folder = folder, Silos = silos, Gateways = gateways, Consuls = consuls };

        var refused = await Assert.ThrowsAsync<ClusterException>(() => LoopbackCluster.UpAsync(options));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Open_AFolderWithoutACluster_SaysHowToStartOne() =>
        Assert.Contains("monitor cluster up", Assert.Throws<ClusterException>(() => LoopbackCluster.Open("/nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Server_ThatIsNotThere_IsNamed() =>
        Assert.Contains("/nowhere", (await Assert.ThrowsAsync<ClusterException>(() => ServerProgram.FindAsync("/nowhere", _ => { }, default))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Tool_ThatIsMissing_IsNamed() =>
        Assert.Contains("no-such-tool", (await Assert.ThrowsAsync<ClusterException>(() => Tool.RunAsync("no-such-tool", []))).Message, StringComparison.Ordinal);

    [Fact]
    public void IsFree_APortThatIsListenedOn_IsNot()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        Assert.False(LoopbackPorts.IsFree(((IPEndPoint)listener.LocalEndpoint).Port));
    }
}
