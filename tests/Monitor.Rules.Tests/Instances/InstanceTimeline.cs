using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Monitor.Protocol;
using Monitor.Rules.Instances;
using Monitor.Rules.Keys;
using Monitor.Rules.Reports;
using Monitor.Rules.Staleness;
using Monitor.Testing;

namespace Monitor.Rules.Tests.Instances;

/// <summary>An instance state on a clock of its own, fed as its grain is.</summary>
internal sealed class InstanceTimeline
{
    private readonly ScannedBatch scratch = new();
    private readonly List<(byte[] Payload, long Position, long At)> records = [];

    public InstanceTimeline(ulong epoch = 1) => Reports = Reporter(epoch);

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    public ReportBuilder Reports { get; }

    public InstanceState State { get; private set; } = new(new InstanceKey("go-server", "i-1"));

    public BlindWindows Blind { get; set; } = BlindWindows.None;

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Events since they were last taken.</summary>
    public IReadOnlyList<Event> TakeEvents()
    {
        var events = State.Events.ToList();
        State.Events.Clear();
        return events;
    }

    public string Kinds() => string.Join(' ', TakeEvents().Select(e => $"{(e.Check.Length > 0 ? e.Check : "instance")}:{e.Kind}:{e.Current}{(e.CausedBy.Length > 0 ? "!" : "")}"));

    public ReportBuilder Reporter(ulong epoch) => new("go-server", "i-1", epoch: epoch, clock: Clock) { Interval = 10, Ttl = 60 };

    public long Feed(params Report[] reports) => Feed(Reports.Batch(reports));

    public long Feed(PublishRequest batch)
    {
        var position = records.Count + 1;
        records.Add((batch.ToByteArray(), position, NowMs));
        State.Apply(records[^1].Payload, position, NowMs, Blind, scratch);
        return position;
    }

    public void After(double seconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        State.Evaluate(NowMs, NowMs, Blind);
    }

    /// <summary>Starts again from a snapshot, as a grain that is activated does.</summary>
    public void Restore() => State = InstanceState.From(InstanceSnapshot.Parser.ParseFrom(State.ToSnapshot().ToByteArray()));

    /// <summary>Replays everything from nothing.</summary>
    public void Replay()
    {
        State = new(new InstanceKey("go-server", "i-1"));
        foreach (var (payload, position, at) in records) State.Apply(payload, position, at, Blind, scratch);
    }

    public HistoryResponse History(HistoryRequest request)
    {
        var page = new HistoryPage(State, request);
        foreach (var (payload, position, at) in records.AsEnumerable().Reverse().Where(r => r.Position < page.Before))
        {
            if (!page.Add(payload, position, at, scratch)) break;
        }

        return page.Response;
    }
}
