using Monitor.Testing.Postgres;

namespace Monitor.EndToEnd.Tests.Setups;

/// <summary>PostgreSQL that is there, and is not to be used as it is set up.</summary>
[Collection(nameof(SetupServers))]
public sealed class JournalRefusalTests(SetupServers servers)
{
    private const string ConnectionString = "Monitor:Postgres:ConnectionString";

    private readonly Setup setup = servers.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A refused journal ends what waits for Consul too.
    private static (string, string) NoConsul => ("Consul:Addresses:0", $"http://127.0.0.1:{Monitor.Testing.Processes.Ports.Free()}");

    [Theory]
    [InlineData(Setup.Silo)]
    [InlineData(Setup.Gateway)]
    public async Task Password_ThatIsWrong_IsRefused(string role)
    {
        var reason = await setup.RefusedAsync(role, (ConnectionString, As(PostgresServer.User, "not-a-secret-either")), NoConsul);

        Assert.Contains($"refused user '{PostgresServer.User}'", reason, StringComparison.Ordinal);
        Assert.Contains(ConnectionString, reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_ThatIsMissing_IsRefused() =>
        Assert.Contains("\"nowhere\" does not exist", await setup.RefusedAsync(Setup.Silo, (ConnectionString, servers.Postgres.ConnectionString + ";Database=nowhere")), StringComparison.Ordinal);

    [Fact]
    public async Task Role_WithoutRights_IsRefusedNamingThem()
    {
        await servers.Postgres.ExecuteAsync($"CREATE ROLE {setup.Name} LOGIN PASSWORD 'weak'; CREATE SCHEMA {setup.Name}; GRANT USAGE ON SCHEMA {setup.Name} TO {setup.Name}", Cancellation);

        Assert.Contains($"schema {setup.Name}", await setup.RefusedAsync(Setup.Silo, (ConnectionString, As(setup.Name, "weak")), NoConsul), StringComparison.Ordinal);

        // All but CREATE, of what docs/decisions/0007 names.
        await CreateJournalAsync();
        await servers.Postgres.ExecuteAsync(
            $"""
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {setup.Name} TO {setup.Name};
            """, Cancellation);

        Assert.Contains($"CREATE on schema {setup.Name}", await setup.RefusedAsync(Setup.Gateway, (ConnectionString, As(setup.Name, "weak")), NoConsul), StringComparison.Ordinal);

        await servers.Postgres.ExecuteAsync($"GRANT CREATE ON SCHEMA {setup.Name} TO {setup.Name}", Cancellation);
        await using var all = setup.Launch("all", (ConnectionString, As(setup.Name, "weak")));
        await all.UntilReadyAsync(Cancellation);
        Assert.Equal(0, await all.StopAsync());
    }

    [Fact]
    public async Task Journal_OfOtherPartitionsClusterOrVersion_IsRefusedAndLeftAlone()
    {
        await CreateJournalAsync();
        var before = await ContentAsync();

        Assert.Contains("has 2 partitions, but Monitor:Partitions is 3", await setup.RefusedAsync(Setup.Gateway, ("Monitor:Partitions", "3"), NoConsul), StringComparison.Ordinal);
        Assert.Contains($"cluster '{setup.Name}', and this process is of cluster 'other'", await setup.RefusedAsync(Setup.Silo, ("Monitor:ClusterId", "other"), NoConsul), StringComparison.Ordinal);
        Assert.Equal(before, await ContentAsync());

        await servers.Postgres.ExecuteAsync($"UPDATE {setup.Name}.meta SET value = '99' WHERE name = 'version'", Cancellation);
        before = await ContentAsync();
        Assert.Contains("schema version 99", await setup.RefusedAsync(Setup.Silo, NoConsul), StringComparison.Ordinal);
        Assert.Equal(before, await ContentAsync());
    }

    [Theory]
    [InlineData("+", "behind")]
    [InlineData("-", "ahead of")]
    public async Task Clock_OffByAnHour_IsRefused(string sign, string expected)
    {
        // The process's clock cannot be moved alone; the server's can, as this role reads it.
        var role = $"{setup.Name}_clock";
        await servers.Postgres.ExecuteAsync(
            $"""
            CREATE SCHEMA {role};
            CREATE FUNCTION {role}.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() {sign} interval '1 hour' $$;
            CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'weak';
            ALTER ROLE {role} SET search_path = {role}, pg_catalog
            """, Cancellation);

        var reason = await setup.RefusedAsync(Setup.Gateway, (ConnectionString, As(role, "weak")), NoConsul);

        Assert.Contains($"The clock of this process is 3600 s {expected} that of the journal's server", reason, StringComparison.Ordinal);
        Assert.False(await servers.Postgres.QueryAsync<bool>($"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{setup.Name}')", Cancellation));
    }

    private string As(string user, string password) => $"Host=127.0.0.1;Port={servers.Postgres.Port};Username={user};Password={password};Database=postgres";

    // As a process of the cluster does, which here waits for silos until it is ended.
    private async Task CreateJournalAsync()
    {
        await using var gateway = setup.Launch(Setup.Gateway, NoConsul);
        await gateway.UntilLoggedAsync(Cancellation, "Journal on", "is open");
        Assert.Equal(0, await gateway.StopAsync());
    }

    // What is there, and when it was last written.
    private Task<string> ContentAsync() => servers.Postgres.QueryAsync<string>(
        $"""
        SELECT (SELECT string_agg(relname || relfilenode, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = '{setup.Name}'::regnamespace)
            || (SELECT string_agg(m::text || xmin, ',' ORDER BY name) FROM {setup.Name}.meta m) || (SELECT string_agg(h::text || xmin, ',' ORDER BY h::text) FROM {setup.Name}.heads h)
        """, Cancellation);
}
