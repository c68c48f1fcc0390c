using Google.Protobuf;
using Monitor.Protocol;

namespace Monitor.Rules.Tests.Reports;

/// <summary>Batches by chance, good ones, from a seed.</summary>
internal sealed class RandomBatch(int seed)
{
    private readonly Random random = new(seed);

    public PublishRequest Next()
    {
        var batch = new PublishRequest
        {
            Id = (ulong)random.NextInt64(),
            Epoch = Chance() ? (ulong)random.NextInt64() : 0,
            Lost = Chance() ? (ulong)random.Next(5) : 0,
            Acknowledge = Chance() ? Acknowledge.Applied : Acknowledge.Durable,
            Service = Service(),
        };
        for (var i = random.Next(8); i > 0; i--) batch.Reports.Add(Report());
        return batch;
    }

    private Report Report()
    {
        var report = new Report { Epoch = Chance() ? (ulong)random.Next(1, 9) : 0, Sequence = (ulong)random.Next(4), Millis = random.Next(1000) };
        switch (random.Next(3))
        {
            case 0: report.Healthcheck = HealthCheck(); break;
            case 1:
                report.Status = new() { Timestamp = Timestamp(), Interval = random.Next(99), Ttl = random.Next(99), Info = Text(), Status_ = (Status.Types.Status)random.Next(4) };
                if (Chance()) report.Status.Service = Service();
                break;
            default:
                report.Stats = new() { Timestamp = Timestamp(), Interval = random.Next(99), Cpu = new() { UserTime = ulong.MaxValue }, Memory = new(), Runtime = new() { NumThreads = 3 } };
                if (Chance()) report.Stats.Service = Service();
                for (var i = random.Next(3); i > 0; i--) report.Stats.Endpoints.Add(new Endpoint { Method = Text(), Success = new() { Count = 5, Mean = random.NextDouble() } });
                break;
        }
        return report;
    }

    private HealthCheck HealthCheck()
    {
        var check = new HealthCheck
        {
            Id = "check." + Text(),
            Description = Text(),
            Timestamp = Timestamp(),
            Interval = random.Next(1000),
            Ttl = random.NextInt64(315_360_000),
            Status = (HealthCheck.Types.Status)random.Next(3),
            Error = Text(),
            Duration = random.NextInt64(),
            Degraded = Chance(),
        };
        if (Chance()) check.Service = Service();
        if (Chance()) check.Derived = new() { CausedBy = "instance", Counters = new() { Accepted = 4 } };
        for (var i = random.Next(6); i > 0; i--) check.Results[$"k{i}"] = Text();
        for (var i = random.Next(3); i > 0; i--) check.Tags.Add("t" + Text());
        return check;
    }

    private Service Service()
    {
        var service = new Service { Name = "service-" + random.Next(3), Version = Chance() ? "1.0." + random.Next(3) : "" };
        if (Chance()) service.Id = "instance-" + random.Next(3);
        if (service.Id.Length == 0 || Chance()) service.Nodes.Add(new Node { Id = "node-" + random.Next(3) });
        if (Chance()) service.Nodes.Add(new Node { Id = "another" });
        return service;
    }

    private string Text() => new([.. Enumerable.Range(0, random.Next(12)).Select(_ => "aé漢z/~ "[random.Next(7)])]);

    private long Timestamp() => random.NextInt64(946_684_800, 1_451_096_508);

    private bool Chance() => random.Next(2) == 0;
}
