using Microsoft.Extensions.Time.Testing;
using Monitor.Testing;

namespace Monitor.Journal.Tests.Postgres;

/// <summary>What wakes a reader whose clock stands still, so that its process never looks by itself.</summary>
[Collection(nameof(PostgresFixture))]
public sealed class PostgresNotifyTests(PostgresFixture postgres) : PostgresTest(postgres)
{
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Wait_AppendOfAnotherProcess_IsWokenByTheNotification()
    {
        var waiting = await OpenAsync(time: clock);
        await LookedAsync(1);
        var writing = await OpenAsync();
        for (var sequence = 0; sequence < 3; sequence++)
        {
            var woken = waiting.WaitAsync(Topic.Events, 2, sequence, Cancel);
            await writing.AppendAsync(Topic.Events, 2, [Record("a")], Cancel);
            await woken.WaitAsync(Patience, Cancel);
        }
    }

    [Fact]
    public async Task Wait_NotificationLost_IsWokenByTheNextLookAndNotBefore()
    {
        var waiting = await OpenAsync(time: clock);
        await LookedAsync(1);
        var woken = waiting.WaitAsync(Topic.Reports, 2, 0, Cancel);
        var told = waiting.WaitAsync(Topic.Reports, 1, 0, Cancel);

        // A writer that died before it told of its group; and another, which did tell.
        await Server.ExecuteAsync(WriteGroup(Guid.NewGuid(), 1, 2, "untold"), Cancel);
        await (await OpenAsync()).AppendAsync(Topic.Reports, 1, [Record("told")], Cancel);
        await told.WaitAsync(Patience, Cancel);
        Assert.False(woken.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(1));
        await woken.WaitAsync(Patience, Cancel);
    }
}
