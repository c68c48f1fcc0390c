using System.Text;
using Monitor.Consul.Http;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

/// <summary>How the table uses Consul: the layout that it shares with the official provider, and what keeps a cluster whole.</summary>
public sealed class AlgorithmTests(SharedConsul consul) : IAsyncLifetime
{
    private readonly string cluster = $"test-{Guid.NewGuid():N}";
    private ConsulProxy proxy = null!;
    private ConsulBasedMembershipTable table = null!;

    private string Folder => $"orleans/{cluster}/";

    public async ValueTask InitializeAsync()
    {
        proxy = await ConsulProxy.StartAsync(consul.Address);
        table = Tables.Of(cluster, options => options.Address = proxy.Address);
    }

    public async ValueTask DisposeAsync()
    {
        table.Dispose();
        await proxy.DisposeAsync();
    }

    [Fact]
    public async Task Initialize_Twice_CreatesVersion0Once()
    {
        await table.InitializeMembershipTable(true);
        Assert.Equal([$"PUT /v1/kv/{Folder}version?cas=0"], proxy.Requests);
        var created = await consul.Client.GetAsync($"{Folder}version");
        Assert.Equal("0", Text(created!));

        using var other = Tables.Of(cluster, options => options.Address = consul.Address);
        await other.InitializeMembershipTable(true);

        Assert.Equal(created!.ModifyIndex, (await consul.Client.GetAsync($"{Folder}version"))!.ModifyIndex);
    }

    [Fact]
    public async Task Initialize_NotAsked_CreatesNothingAndTheFirstInsertDoes()
    {
        await table.InitializeMembershipTable(false);
        Assert.Empty(proxy.Requests);
        Assert.Equal(new TableVersion(0, "0"), (await table.ReadAll()).Version);

        await table.AddAsync(Tables.Entry());

        Assert.Equal("1", Text((await consul.Client.GetAsync($"{Folder}version"))!));
    }

    [Fact]
    public async Task Read_IsOneConsistentListOfTheFolder()
    {
        await table.InitializeMembershipTable(true);
        var entry = await table.AddAsync(Tables.Entry());
        proxy.Requests.Clear();

        await table.ReadAll();
        await table.ReadRow(entry.SiloAddress);

        Assert.Equal([$"GET /v1/kv/{Folder}?recurse&consistent", $"GET /v1/kv/{Folder}?recurse&consistent"], proxy.Requests);
    }

    [Fact]
    public async Task Layout_IsTheOfficialProviders()
    {
        using var rooted = Tables.Of(cluster, options => (options.Address, options.KvRootFolder) = (consul.Address, "root/of"));
        await rooted.InitializeMembershipTable(true);
        var entry = Tables.Entry(SiloStatus.Active, Tables.Silo(7), new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc));
        entry.SuspectTimes = [Tuple.Create(Tables.Silo(8), new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc))];
        await rooted.AddAsync(entry);
        await rooted.UpdateIAmAlive(entry);

        var values = (await consul.Client.ListAsync($"root/of/{Folder}")).ToDictionary(value => value.Key[$"root/of/{Folder}".Length..], Text);

        Assert.Equal(["127.0.0.1:12345@7", "127.0.0.1:12345@7/iamalive", "version"], values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("1", values["version"]);
        Assert.Equal("\"2026-01-02T03:04:05.678Z\"", values["127.0.0.1:12345@7/iamalive"]);
        Assert.Equal(
            """{"Hostname":"host","ProxyPort":30000,"StartTime":"2026-01-02T03:04:05.678Z","Status":3,"SiloName":"silo","SuspectingSilos":[{"Id":"127.0.0.1:12345@8","Time":"2026-01-02T03:04:05Z"}]}""",
            values["127.0.0.1:12345@7"]);
        await rooted.DeleteMembershipTableEntries(cluster);
    }

    [Fact]
    public async Task Layout_RowOfTheOfficialProvider_IsReadAndUpdated()
    {
        // As Newtonsoft writes it, without a heartbeat and without votes.
        await consul.Client.PutAsync($"{Folder}version", "3"u8.ToArray());
        await consul.Client.PutAsync(
            $"{Folder}127.0.0.1:11111@5",
            """{"Hostname":"h","ProxyPort":30001,"StartTime":"2026-01-02T03:04:05.6789012Z","Status":3,"SiloName":"s","SuspectingSilos":null}"""u8.ToArray());
        await consul.Client.PutAsync($"{Folder}something/else", "x"u8.ToArray());

        var data = await table.ReadAll();

        var (entry, etag) = Assert.Single(data.Members);
        Assert.Equal(SiloStatus.Active, entry.Status);
        Assert.Null(entry.SuspectTimes);
        Assert.Equal(entry.StartTime, entry.IAmAliveTime);
        Assert.Equal(DateTimeKind.Utc, entry.StartTime.Kind);
        Assert.True(await table.UpdateRow(entry, etag, data.Version.Next()));
        Assert.Equal("4", Text((await consul.Client.GetAsync($"{Folder}version"))!));
    }

    [Fact]
    public async Task Insert_IsOneTransactionThatLeavesTheHeartbeat()
    {
        await table.InitializeMembershipTable(true);
        var version = (await table.ReadAll()).Version;
        proxy.Requests.Clear();
        var entry = Tables.Entry();

        Assert.True(await table.InsertRow(entry, version.Next()));

        Assert.Equal(["PUT /v1/txn"], proxy.Requests);
        Assert.DoesNotContain(await consul.Client.ListAsync(Folder), value => value.Key.EndsWith("iamalive", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Update_Etag0_IsRefusedUnasked()
    {
        await table.InitializeMembershipTable(true);
        var version = (await table.ReadAll()).Version.Next();
        proxy.Requests.Clear();

        // To Consul it means to create the row.
        Assert.False(await table.UpdateRow(Tables.Entry(), "0", version));

        Assert.Empty(proxy.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("-1")]
    public async Task Update_EtagThatIsNoNumber_Throws(string etag)
    {
        await table.InitializeMembershipTable(true);
        var version = (await table.ReadAll()).Version.Next();
        proxy.Requests.Clear();

        await Assert.ThrowsAsync<ArgumentException>(() => table.UpdateRow(Tables.Entry(), etag, version));
        await Assert.ThrowsAsync<ArgumentException>(() => table.InsertRow(Tables.Entry(), new(1, etag)));

        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task Transaction_AnyErrorThatIsNotStaleness_Throws()
    {
        await table.InitializeMembershipTable(true);
        var version = (await table.ReadAll()).Version.Next();
        proxy.Intercept = request => Task.FromResult<(int, string)?>(request.Path != "/v1/txn" ? null : (409,
            """{"Results":null,"Errors":[{"OpIndex":0,"What":"failed to set key \"a\", index is stale"},{"OpIndex":1,"What":"Permission denied"}]}"""));

        Assert.True((await Assert.ThrowsAsync<ConsulException>(() => table.InsertRow(Tables.Entry(), version))).IsDenied);
    }

    [Fact]
    public async Task UpdateIAmAlive_IsOnePutThatChangesNeitherEtagNorVersion()
    {
        await table.InitializeMembershipTable(true);
        var entry = await table.AddAsync(Tables.Entry());
        var before = await table.ReadAll();
        proxy.Requests.Clear();

        await table.UpdateIAmAlive(new() { SiloAddress = entry.SiloAddress, IAmAliveTime = Tables.Now.AddMinutes(1) });

        Assert.Equal([$"PUT /v1/kv/{Folder}{Uri.EscapeDataString(entry.SiloAddress.ToParsableString())}/iamalive"], proxy.Requests.Select(Escaped));
        var after = await table.ReadAll();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(before.Members.Single().Item2, after.Members.Single().Item2);
        Assert.True(await table.UpdateRow(entry, before.Members.Single().Item2, before.Version.Next()));

        // The server may show ':' and '@' either way.
        static string Escaped(string request) => request.Replace(":", "%3A", StringComparison.Ordinal).Replace("@", "%40", StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteTable_DeletesThatOfItsArgumentAndNoOther()
    {
        List<ConsulBasedMembershipTable> tables = [];
        foreach (var name in new[] { cluster, $"{cluster}2" })
        {
            tables.Add(Tables.Of(name, options => options.Address = consul.Address));
            await tables[^1].InitializeMembershipTable(true);
            await tables[^1].AddAsync(Tables.Entry());
        }

        // Isolation of prefixes: the one's name begins with the other's.
        Assert.Single((await tables[0].ReadAll()).Members);
        await tables[1].DeleteMembershipTableEntries(cluster);

        Assert.Empty(await consul.Client.ListAsync(Folder));
        Assert.Single((await tables[1].ReadAll()).Members);
        await tables[1].DeleteMembershipTableEntries($"{cluster}2");
        tables.ForEach(each => each.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    public void ClusterId_ThatIsNoFolderName_IsRefused(string name) =>
        Assert.Throws<OrleansConfigurationException>(() => Tables.Of(name, options => options.Address = consul.Address));

    [Fact]
    public async Task Row_ThatIsNone_ThrowsAndNamesTheKey()
    {
        await table.InitializeMembershipTable(true);
        await consul.Client.PutAsync($"{Folder}127.0.0.1:11111@5", "{"u8.ToArray());

        Assert.Contains($"{Folder}127.0.0.1:11111@5", (await Assert.ThrowsAsync<ConsulException>(table.ReadAll)).Message, StringComparison.Ordinal);
    }

    private static string Text(KeyValue value) => Encoding.UTF8.GetString(value.Value!);
}
