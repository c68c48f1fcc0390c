using System.Text.Json;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

public sealed class CleanupTests(SharedConsul consul) : IAsyncLifetime
{
    private static readonly DateTime Old = Tables.Now.AddDays(-10);
    private static readonly DateTimeOffset Cutoff = Tables.Now.AddDays(-7);

    private readonly string cluster = $"test-{Guid.NewGuid():N}";
    private ConsulBasedMembershipTable table = null!;

    private string Folder => $"orleans/{cluster}/";

    public async ValueTask InitializeAsync()
    {
        table = Tables.Of(cluster, options => options.Address = consul.Address);
        await table.InitializeMembershipTable(true);
    }

    public async ValueTask DisposeAsync()
    {
        await table.DeleteMembershipTableEntries(cluster);
        table.Dispose();
    }

    [Fact]
    public async Task Cleanup_RemovesOldSilosOfStatusDeadOnly()
    {
        foreach (var status in Enum.GetValues<SiloStatus>()) await AddAsync(status, Old);
        await AddAsync(SiloStatus.Dead, Tables.Now);
        var version = (await table.ReadAll()).Version;

        await table.CleanupDefunctSiloEntries(Cutoff);

        var left = await table.ReadAll();
        Assert.Equal(version, left.Version);
        Assert.Equal(Enum.GetValues<SiloStatus>().Length, left.Members.Count);
        Assert.Equal(Tables.Now, Assert.Single(left.Members, member => member.Item1.Status == SiloStatus.Dead).Item1.StartTime);
    }

    [Fact]
    public async Task Cleanup_StartHeartbeatOrVoteAfterTheCutoff_Stays()
    {
        var started = await AddAsync(SiloStatus.Dead, Tables.Now, heartbeat: Old);
        var alive = await AddAsync(SiloStatus.Dead, Old, heartbeat: Tables.Now);
        var voted = await AddAsync(SiloStatus.Dead, Old, heartbeat: Old, vote: Tables.Now);
        await AddAsync(SiloStatus.Dead, Old, heartbeat: Old, vote: Old);

        await table.CleanupDefunctSiloEntries(Cutoff);

        Assert.Equal(
            new[] { started, alive, voted }.Select(entry => entry.SiloAddress).ToHashSet(),
            (await table.ReadAll()).Members.Select(member => member.Item1.SiloAddress).ToHashSet());
    }

    [Fact]
    public async Task Cleanup_TakesTheHeartbeatAndNotThatOfALongerName()
    {
        await AddAsync(SiloStatus.Dead, Old, Tables.Silo(1), heartbeat: Old);
        await AddAsync(SiloStatus.Active, Tables.Now, Tables.Silo(10), heartbeat: Tables.Now);

        await table.CleanupDefunctSiloEntries(Cutoff);

        Assert.Equal(
            ["127.0.0.1:12345@10", "127.0.0.1:12345@10/iamalive", "version"],
            (await consul.Client.ListAsync(Folder)).Select(value => value.Key[Folder.Length..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Cleanup_SweepsOldHeartbeatsWithoutASilo()
    {
        await consul.Client.PutAsync($"{Folder}127.0.0.1:1@1/iamalive", JsonSerializer.SerializeToUtf8Bytes(Old));
        await consul.Client.PutAsync($"{Folder}127.0.0.1:1@2/iamalive", JsonSerializer.SerializeToUtf8Bytes(Tables.Now));

        await table.CleanupDefunctSiloEntries(Cutoff);

        Assert.Equal(
            ["127.0.0.1:1@2/iamalive", "version"],
            (await consul.Client.ListAsync(Folder)).Select(value => value.Key[Folder.Length..]).Order(StringComparer.Ordinal));
        Assert.Empty((await table.ReadAll()).Members);
    }

    [Fact]
    public async Task Cleanup_HeartbeatThatComesMeanwhile_KeepsTheSilo()
    {
        var entry = await AddAsync(SiloStatus.Dead, Old, heartbeat: Old);
        await using var proxy = await ConsulProxy.StartAsync(consul.Address);
        proxy.Intercept = async request =>
        {
            if (request.Path == "/v1/txn") await table.UpdateIAmAlive(new() { SiloAddress = entry.SiloAddress, IAmAliveTime = Tables.Now });
            return null;
        };
        using var cleaner = Tables.Of(cluster, options => options.Address = proxy.Address);

        await cleaner.CleanupDefunctSiloEntries(Cutoff);

        Assert.Single((await table.ReadAll()).Members);
    }

    private async Task<MembershipEntry> AddAsync(
        SiloStatus status, DateTime started, SiloAddress? silo = null, DateTime? heartbeat = null, DateTime? vote = null)
    {
        var entry = Tables.Entry(status, silo, started);
        if (vote is { } time) entry.SuspectTimes = [Tuple.Create(Tables.Silo(), time)];
        await table.AddAsync(entry);
        entry.IAmAliveTime = heartbeat ?? started;
        if (heartbeat is not null) await table.UpdateIAmAlive(entry);
        return entry;
    }
}
