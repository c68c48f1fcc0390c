using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Monitor.Gateway.Tests.Fakes;
using Monitor.Journal;
using Monitor.Testing;

namespace Monitor.Gateway.Tests.Health;

public sealed class ReceivingTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public async Task EveryPartition_NothingWaits_IsToldAgainAndAgain()
    {
        await using var gateway = await StartAsync();

        for (var times = 2; times <= 4; times++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(500));
            await UntilAsync($"every partition is told {times} times", () => Enumerable.Range(0, FakeCluster.Partitions).All(partition => Told(gateway, partition) == times));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task APartition_ItsReportIsNotInTheJournal_IsNotTold(bool refused)
    {
        await using var gateway = await StartAsync();
        gateway.Log.Hold = true;
        var append = gateway.Log.AppendAsync(1, new JournalRecord("key", new byte[1]));
        // The first may have been sent just now: that it still waits says nothing.
        await NextAsync(gateway, told: 2);
        await NextAsync(gateway, told: 3);
        Assert.Equal(2, Told(gateway, 1));

        gateway.Log.Complete(0, refused ? new JournalUnavailableException("It is away.") : null);
        await Task.WhenAny(append);
        await NextAsync(gateway, told: 4);

        await UntilAsync("a refusal holds it back, a success does not", () => Told(gateway, 1) == (refused ? 2 : 3));
    }

    [Fact]
    public async Task EveryPartition_TheGatewayStops_IsToldSo()
    {
        await using var gateway = await StartAsync();

        await gateway.StopAsync();

        Assert.Equal(Enumerable.Range(0, FakeCluster.Partitions), gateway.Cluster.Left.Order());
    }

    private static int Told(GatewayFixture gateway, int partition) => gateway.Cluster.Told.GetValueOrDefault(partition);

    private static Task UntilAsync(string what, Func<bool> condition) =>
        Eventually.UntilAsync(what, _ => Task.FromResult(condition()), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    private async Task<GatewayFixture> StartAsync()
    {
        var gateway = await GatewayFixture.StartAsync(services: services => services.AddSingleton<TimeProvider>(clock));
        await UntilAsync("every partition is told", () => Enumerable.Range(0, FakeCluster.Partitions).All(partition => Told(gateway, partition) == 1));
        return gateway;
    }

    private async Task NextAsync(GatewayFixture gateway, int told)
    {
        clock.Advance(TimeSpan.FromMilliseconds(500));
        await UntilAsync($"the last partition is told {told} times", () => Told(gateway, FakeCluster.Partitions - 1) == told);
    }
}
