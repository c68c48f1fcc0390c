using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

/// <summary>What Orleans asks of every membership table; the cases of its own suite.</summary>
public sealed class MembershipTableTests(SharedConsul consul) : IAsyncLifetime
{
    private readonly string cluster = $"test-{Guid.NewGuid():N}";
    private ConsulBasedMembershipTable table = null!;

    public async ValueTask InitializeAsync()
    {
        table = Tables.Of(cluster, options => options.Address = consul.Address);
        await table.InitializeMembershipTableAsync(true, default);
    }

    public async ValueTask DisposeAsync()
    {
        await table.DeleteMembershipTableEntriesAsync(cluster, default);
        table.Dispose();
    }

    [Fact]
    public async Task GetGateways_AnswersActiveSilosWithAGatewayPort()
    {
        using var gateways = Tables.GatewaysOf(cluster, options => options.Address = consul.Address);
        await gateways.InitializeGatewayListProviderAsync(default);
        Assert.Empty(await gateways.GetGatewaysAsync(default));
        var active = await table.AddAsync(Tables.Entry(SiloStatus.Active));
        var withoutGateway = Tables.Entry(SiloStatus.Active);
        withoutGateway.ProxyPort = 0;
        await table.AddAsync(withoutGateway);
        foreach (var status in new[] { SiloStatus.Created, SiloStatus.Joining, SiloStatus.ShuttingDown, SiloStatus.Stopping, SiloStatus.Dead })
            await table.AddAsync(Tables.Entry(status));

        var gateway = Assert.Single(await gateways.GetGateways());

        Assert.Equal($"gwy.tcp://127.0.0.1:30000/{active.SiloAddress.Generation}", gateway.ToString());
    }

    [Fact]
    public async Task ReadAll_EmptyTable_HasVersion0AndAnEtag()
    {
        var data = await table.ReadAll();

        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotEqual("0", data.Version.VersionEtag);
    }

    [Fact]
    public async Task InsertRow_RaisesTheVersion()
    {
        await table.AddAsync(Tables.Entry());

        var data = await table.ReadAll();

        Assert.Equal(1, data.Version.Version);
        Assert.Single(data.Members);
    }

    [Fact]
    public async Task InsertRow_OldVersionOrSameSilo_IsRefused()
    {
        var before = (await table.ReadAll()).Version.Next();
        var entry = Tables.Entry();
        Assert.True(await table.InsertRow(entry, before));

        Assert.False(await table.InsertRow(entry, before));
        Assert.False(await table.InsertRow(Tables.Entry(), before));
        Assert.False(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));

        var data = await table.ReadRow(entry.SiloAddress);
        Assert.Equal(1, data.Version.Version);
        Assert.NotEqual(before.VersionEtag, data.Version.VersionEtag);
        Assert.Equal(entry.ToFullString(), Assert.Single(data.Members).Item1.ToFullString());
        Assert.Single((await table.ReadAll()).Members);
    }

    [Fact]
    public async Task ReadRow_OfNoSilo_AnswersTheVersionAlone()
    {
        await table.AddAsync(Tables.Entry());

        var data = await table.ReadRow(Tables.Silo());

        Assert.Empty(data.Members);
        Assert.Equal(1, data.Version.Version);
    }

    [Fact]
    public async Task UpdateRow_RightEtagAndVersion_OnlyThenWrites()
    {
        for (var i = 1; i < 10; i++)
        {
            var entry = Tables.Entry();
            entry.SuspectTimes = [Tuple.Create(Tables.Silo(), Tables.Now.AddSeconds(1)), Tuple.Create(Tables.Silo(), Tables.Now.AddSeconds(2))];
            var inserted = (await table.ReadAll()).Version.Next();
            Assert.True(await table.InsertRow(entry, inserted));
            var data = await table.ReadAll();
            var etag = data.TryGet(entry.SiloAddress)!.Item2;

            Assert.False(await table.UpdateRow(entry, etag, inserted));
            var version = data.Version.Next();
            // Consul leaves the index of what is written as it was.
            entry.Status = SiloStatus.Active;
            Assert.True(await table.UpdateRow(entry, etag, version));
            Assert.False(await table.UpdateRow(entry, etag, version));

            data = await table.ReadAll();
            var (stored, newEtag) = data.TryGet(entry.SiloAddress)!;
            Assert.Equal(entry.ToFullString(), stored.ToFullString());
            Assert.False(await table.UpdateRow(entry, newEtag, version));
            Assert.False(await table.UpdateRow(entry, etag, data.Version.Next()));

            data = await table.ReadAll();
            Assert.Equal(newEtag, data.TryGet(entry.SiloAddress)!.Item2);
            Assert.Equal(version.Version, data.Version.Version);
            Assert.Equal(i, data.Members.Count);
        }
    }

    [Fact]
    public async Task InsertAndUpdateRow_InParallel_EachVersionIsWrittenOnce()
    {
        var entry = Tables.Entry();
        var first = (await table.ReadAll()).Version.Next();
        var inserted = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => table.InsertRow(entry, first)));
        Assert.Single(inserted, done => done);

        await Task.WhenAll(Enumerable.Range(0, 19).Select(async _ =>
        {
            while (true)
            {
                var data = await table.ReadAll();
                var (row, etag) = data.TryGet(entry.SiloAddress)!;
                if (await table.UpdateRow(row, etag, data.Version.Next())) return;
            }
        })).WaitAsync(TimeSpan.FromSeconds(60));

        var last = await table.ReadAll();
        Assert.Equal(20, last.Version.Version);
        Assert.Single(last.Members);
    }

    [Fact]
    public async Task UpdateIAmAlive_IsReadBack()
    {
        var entry = await table.AddAsync(Tables.Entry());
        var alive = Tables.Now.AddSeconds(5);

        await table.UpdateIAmAlive(new() { SiloAddress = entry.SiloAddress, IAmAliveTime = alive });

        var data = await table.ReadAll();
        Assert.Equal(alive, Assert.Single(data.Members).Item1.IAmAliveTime);
        Assert.Equal(1, data.Version.Version);
    }
}
