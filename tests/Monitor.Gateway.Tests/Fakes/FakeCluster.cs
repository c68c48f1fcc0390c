using System.Collections.Concurrent;
using Monitor.Gateway.Grains;
using Monitor.Grains.Abstractions;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Partitioner = Monitor.Rules.Keys.Partitioner;

namespace Monitor.Gateway.Tests.Fakes;

/// <summary>What instances have reported, behind the grains' interfaces.</summary>
internal sealed class FakeCluster : IGrains
{
    public const int Partitions = 4;

    private readonly SortedDictionary<InstanceKey, FakeInstance> instances = [];
    private int held;

    public ConcurrentDictionary<int, PartitionProgress> ReportProgress { get; } = new();

    public ConcurrentDictionary<int, PartitionProgress> EventProgress { get; } = new();

    /// <summary>How often a partition says that it has not read the journal yet, before it answers.</summary>
    public ConcurrentDictionary<int, int> Behind { get; } = new();

    /// <summary>What partitions answer to Summary; without one a partition has nothing to count.</summary>
    public ConcurrentDictionary<int, Func<string?, Task<PartitionSummary>>> Summaries { get; } = new();

    /// <summary>Thrown by every grain, where set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Healthchecks' grains answer when this is done.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Pages asked of healthchecks' grains that are not answered yet.</summary>
    public int Held => held;

    /// <summary>How often each partition was told that reports are taken.</summary>
    public ConcurrentDictionary<int, int> Told { get; } = new();

    /// <summary>Partitions that were told that none is taken any more.</summary>
    public ConcurrentBag<int> Left { get; } = [];

    /// <summary>Instances that were asked for what they have.</summary>
    public ConcurrentBag<string> Asked { get; } = [];

    public FakeInstance Add(string service, string instance, string version = "1.0.0") =>
        instances[new(service, instance)] = new(this, new Service { Name = service, Id = instance, Version = version });

    public IServiceInstanceGrain Instance(string key)
    {
        Asked.Add(key);
        return instances.TryGetValue(InstanceKey.Parse(key), out var found) ? found : new FakeInstance(this, new Service());
    }

    public IHealthCheckGrain HealthCheck(string id) => new Check(this, id);

    public IServiceGrain Service(string name) => new ServiceOf(this, name);

    public IReportPartitionGrain Reports(int partition) => new ReportPartition(this, partition);

    public IEventPartitionGrain Events(int partition) => new EventPartition(this, partition);

    private void Fail()
    {
        if (Failure is { } failure) throw failure;
    }

    private IEnumerable<KeyValuePair<InstanceKey, FakeInstance>> After(string? service, string? afterService, string? afterInstance) => instances
        .Where(one => service is null || one.Key.Service == service)
        .Where(one => afterService is null || one.Key > new InstanceKey(afterService, afterInstance!));

    private static bool Matches(HealthCheck check, HealthCheck.Types.Status status) => status == Protocol.HealthCheck.Types.Status.Unknown || check.Status == status;

    internal sealed class FakeInstance(FakeCluster cluster, Service service) : IServiceInstanceGrain
    {
        public Service Service { get; } = service;

        public SortedDictionary<string, HealthCheck> Checks { get; } = new(StringComparer.Ordinal);

        public Status? LatestStatus { get; set; }

        public Stats? LatestStats { get; set; }

        public Func<HistoryRequest, HistoryResponse> OnHistory { get; set; } = _ => new();

        public Func<long, IReadOnlyList<ReportOutcome>> OnOutcomes { get; set; } = _ => [];

        public FakeInstance With(string check, HealthCheck.Types.Status status = Protocol.HealthCheck.Types.Status.Ok)
        {
            Checks[check] = new HealthCheck { Id = check, Status = status, Timestamp = 1_451_096_508, Service = Service };
            return this;
        }

        public Task<IReadOnlyList<HealthCheck>> HealthChecks(string? check, View view)
        {
            cluster.Fail();
            return Task.FromResult<IReadOnlyList<HealthCheck>>([.. Checks.Values.Where(one => check is null || one.Id == check)]);
        }

        public Task<Status?> Status(View view) => Task.FromResult(LatestStatus);

        public Task<Stats?> Stats(View view) => Task.FromResult(LatestStats);

        public Task<HistoryResponse> History(HistoryRequest request) => Task.FromResult(OnHistory(request));

        public Task<IReadOnlyList<ReportOutcome>?> Outcomes(long position) => Task.FromResult<IReadOnlyList<ReportOutcome>?>(OnOutcomes(position));
    }

    private sealed class Check(FakeCluster cluster, string id) : IHealthCheckGrain
    {
        public async Task<HealthCheckPage> Page(HealthCheckPageQuery query)
        {
            cluster.Fail();
            Interlocked.Increment(ref cluster.held);
            await cluster.Hold;
            Interlocked.Decrement(ref cluster.held);
            var known = cluster.instances.Values.Any(one => one.Checks.ContainsKey(id));
            var matching = cluster.After(query.Service, query.AfterService, query.AfterInstance)
                .Where(one => one.Value.Checks.TryGetValue(id, out var check) && Matches(check, query.Status))
                .Select(one => new DirectoryEntry(one.Key.Service, one.Key.Instance, 1))
                .Skip((int)query.Offset)
                .ToArray();
            return new(known, matching[..Math.Min(query.Limit, matching.Length)], matching.Length > query.Limit);
        }
    }

    private sealed class ServiceOf(FakeCluster cluster, string name) : IServiceGrain
    {
        public Task<IReadOnlyList<ServiceVersion>> Versions() => Task.FromResult<IReadOnlyList<ServiceVersion>>([..
            from instance in cluster.instances
            where instance.Key.Service == name
            group instance by instance.Value.Service.Version into version
            orderby version.Key
            let worst = version.MinBy(one => one.Value.LatestStatus?.Status_ ?? 0)
            select new ServiceVersion(
                version.Key, [.. version.Select(one => one.Key.Instance)], worst.Value.LatestStatus?.Status_ ?? 0, worst.Key.Instance)]);
    }

    private sealed class ReportPartition(FakeCluster cluster, int partition) : IReportPartitionGrain
    {
        private bool Behind => cluster.Behind.TryGetValue(partition, out var times) && times > 0 && cluster.Behind.TryUpdate(partition, times - 1, times);

        public Task<DirectoryPage?> List(DirectoryQuery query)
        {
            cluster.Fail();
            if (Behind) return Task.FromResult<DirectoryPage?>(null);
            var matching = cluster.After(query.Service, query.AfterService, query.AfterInstance)
                .Where(one => Partitioner.OfInstance(one.Key.Instance, Partitions) == partition)
                .Select(one => new DirectoryEntry(one.Key.Service, one.Key.Instance, query.Subject switch
                {
                    DirectorySubject.HealthChecks => one.Value.Checks.Values.Count(check => Matches(check, query.CheckStatus)),
                    DirectorySubject.Status => one.Value.LatestStatus is null ? 0 : 1,
                    _ => one.Value.LatestStats is null ? 0 : 1,
                }))
                .Where(entry => entry.Matches > 0)
                .ToArray();
            return Task.FromResult<DirectoryPage?>(new(matching[..Math.Min(query.MaxEntries, matching.Length)], matching.Length > query.MaxEntries));
        }

        public Task<IReadOnlyList<string>?> Find(string instance) =>
            Task.FromResult<IReadOnlyList<string>?>(Behind ? null : [.. cluster.instances.Keys.Where(key => key.Instance == instance).Select(key => key.Service)]);

        public Task<IReadOnlyList<string>?> Services() => Task.FromResult<IReadOnlyList<string>?>(Behind ? null : [.. cluster.instances.Keys
            .Where(key => Partitioner.OfInstance(key.Instance, Partitions) == partition).Select(key => key.Service).Distinct()]);

        public Task<PartitionSummary> Summary(string? service)
        {
            cluster.Fail();
            return cluster.Summaries.TryGetValue(partition, out var summary) ? summary(service) : Task.FromResult(new PartitionSummary([], 0, 0, []));
        }

        public Task<PartitionProgress> Progress()
        {
            cluster.Fail();
            return Task.FromResult(cluster.ReportProgress.GetValueOrDefault(partition, new(0, 0, 0, 0)));
        }

        public Task<bool> Reached(long position) => Task.FromResult(true);

        public Task Receiving(string gateway, bool leaving)
        {
            if (leaving) cluster.Left.Add(partition);
            else cluster.Told.AddOrUpdate(partition, 1, static (_, times) => times + 1);
            return Task.CompletedTask;
        }
    }

    private sealed class EventPartition(FakeCluster cluster, int partition) : IEventPartitionGrain
    {
        public Task<PartitionProgress> Progress() => Task.FromResult(cluster.EventProgress.GetValueOrDefault(partition, new(0, 0, 0, 0)));

        public Task<bool> Reached(long position) => Task.FromResult(true);
    }
}
