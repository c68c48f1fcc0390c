using Monitor.Testing.Postgres;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>The server of all these tests, which run one after the other: some of them stop it.</summary>
[CollectionDefinition(nameof(PostgresFixture))]
public sealed class PostgresFixture : IAsyncLifetime, ICollectionFixture<PostgresFixture>
{
    private int schemas;

    public PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.StartAsync();

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? default;

    /// <summary>A schema that no other test has.</summary>
    public string NextSchema() => $"test_{Interlocked.Increment(ref schemas)}";
}
