using Monitor.Gateway.Tests.Fakes;
using Monitor.Protocol;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Queries;

public sealed class ListTests
{
    [Fact]
    public async Task HealthChecks_PagesByToken_AreTheWholeListInOrder()
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var (cluster, expected) = Random(seed);
            await using var gateway = await StartAsync(cluster);
            foreach (var status in new[] { HealthCheck.Types.Status.Unknown, HealthCheck.Types.Status.Error })
            {
                var all = expected.Where(one => status == HealthCheck.Types.Status.Unknown || one.Status == status).Select(Key).ToArray();
                foreach (var limit in new ulong[] { 1, 7, 100, 10_000 })
                {
                    var found = new List<string>();
                    var token = "";
                    do
                    {
                        var page = await gateway.Monitor.HealthChecksAsync(new() { Status = status, Limit = limit, PageToken = token }, cancellationToken: Limit);
                        Assert.True(page.Healthchecks.Count == (int)limit || page.NextPageToken.Length == 0);
                        found.AddRange(page.Healthchecks.Select(Key));
                        token = page.NextPageToken;
                    }
                    while (token.Length > 0);
                    Assert.Equal(all, found);
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 1)]
    [InlineData(8, 20)]
    [InlineData(150, 50)]
    [InlineData(5000, 10)]
    public async Task HealthChecks_Offset_PassesOverMatches(int offset, int limit)
    {
        var (cluster, expected) = Random(7);
        await using var gateway = await StartAsync(cluster);
        var page = await gateway.Monitor.HealthChecksAsync(new() { Offset = (ulong)offset, Limit = (ulong)limit }, cancellationToken: Limit);
        Assert.Equal(expected.Skip(offset).Take(limit).Select(Key), page.Healthchecks.Select(Key));
        Assert.Equal(offset + limit < expected.Count, page.NextPageToken.Length > 0);
        // Instances that are passed over are not asked.
        Assert.True(gateway.Cluster.Asked.Count <= limit + 2, $"{gateway.Cluster.Asked.Count} instances were asked.");
    }

    [Fact]
    public async Task Lists_PartitionsHaveNotReadTheJournalYet_AreWaitedForAndWhole()
    {
        var (cluster, expected) = Random(7);
        await using var gateway = await StartAsync(cluster);
        for (var partition = 0; partition < FakeCluster.Partitions; partition++) gateway.Cluster.Behind[partition] = partition;
        var page = await gateway.Monitor.HealthChecksAsync(new() { Limit = 10_000 }, cancellationToken: Limit);
        Assert.Equal(expected.Select(Key), page.Healthchecks.Select(Key));
    }

    [Fact]
    public async Task Status_PartitionDoesNotCatchUp_IsUnavailableAndNotUnknown()
    {
        await using var gateway = await StartAsync(configure: options => options.CatchUpWait = TimeSpan.FromMilliseconds(200));
        await gateway.Monitor.StatusAsync(new(), cancellationToken: Limit);
        for (var partition = 0; partition < FakeCluster.Partitions; partition++) gateway.Cluster.Behind[partition] = int.MaxValue;
        var failure = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await gateway.Monitor.StatusAsync(new() { Id = "i-1" }, cancellationToken: Limit));
        Assert.Equal(Grpc.Core.StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("not caught up", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthChecks_NoLimit_IsTen()
    {
        var (cluster, expected) = Random(7);
        await using var gateway = await StartAsync(cluster);
        var page = await gateway.Monitor.HealthChecksAsync(new(), cancellationToken: Limit);
        Assert.Equal(expected.Take(10).Select(Key), page.Healthchecks.Select(Key));
    }

    [Fact]
    public async Task HealthChecks_OfOneCheck_PagesThroughItsInstances()
    {
        var (cluster, expected) = Random(3);
        await using var gateway = await StartAsync(cluster);
        foreach (var (service, status) in new[] { ("", HealthCheck.Types.Status.Unknown), ("service-1", HealthCheck.Types.Status.Error) })
        {
            var all = expected.Where(one => one.Id == "check-2" && (service.Length == 0 || one.Service.Name == service)
                && (status == HealthCheck.Types.Status.Unknown || one.Status == status)).Select(Key).ToArray();
            var found = new List<string>();
            var token = "";
            do
            {
                var page = await gateway.Monitor.HealthChecksAsync(new() { Id = "check-2", Service = service, Status = status, Limit = 3, PageToken = token }, cancellationToken: Limit);
                found.AddRange(page.Healthchecks.Select(Key));
                token = page.NextPageToken;
            }
            while (token.Length > 0);
            Assert.Equal(all, found);
        }
    }

    [Fact]
    public async Task HealthChecks_TokenOfAnotherQuery_IsRefused()
    {
        var (cluster, _) = Random(3);
        await using var gateway = await StartAsync(cluster);
        var page = await gateway.Monitor.HealthChecksAsync(new() { Limit = 2 }, cancellationToken: Limit);
        var failure = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () =>
            await gateway.Monitor.HealthChecksAsync(new() { Service = "service-1", PageToken = page.NextPageToken }, cancellationToken: Limit));
        Assert.StartsWith("page_token: ", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_PerVersion_IsTheWorst()
    {
        await using var gateway = await StartAsync(cluster =>
        {
            cluster.Add("s", "a").LatestStatus = new() { Status_ = Status.Types.Status.Running, Timestamp = 5 };
            cluster.Add("s", "b").LatestStatus = new() { Status_ = Status.Types.Status.Unknown, Info = "Last update 59s ago", Timestamp = 3 };
            cluster.Add("s", "c", "2.0.0").LatestStatus = new() { Status_ = Status.Types.Status.Started, Timestamp = 4 };
            cluster.Add("t", "d", "0").LatestStatus = new() { Status_ = Status.Types.Status.Running, Timestamp = 9 };
        });
        Status[] expected =
        [
            new() { Service = new() { Name = "s", Version = "1.0.0" }, Info = "Last update 59s ago", Timestamp = 3 },
            new() { Service = new() { Name = "s", Version = "2.0.0" }, Status_ = Status.Types.Status.Started, Timestamp = 4 },
            new() { Service = new() { Name = "t", Version = "0" }, Status_ = Status.Types.Status.Running, Timestamp = 9 },
        ];
        Assert.Equal(expected, (await gateway.Monitor.StatusAsync(new(), cancellationToken: Limit)).Statuses);
        Assert.Equal(expected[2..], (await gateway.Monitor.StatusAsync(new() { Service = "t" }, cancellationToken: Limit)).Statuses);
        Assert.Empty((await gateway.Monitor.StatusAsync(new() { Service = "nope" }, cancellationToken: Limit)).Statuses);

        var first = await gateway.Monitor.StatusAsync(new() { Limit = 2 }, cancellationToken: Limit);
        Assert.Equal(expected[..2], first.Statuses);
        var second = await gateway.Monitor.StatusAsync(new() { Limit = 2, PageToken = first.NextPageToken }, cancellationToken: Limit);
        Assert.Equal(expected[2..], second.Statuses);
        Assert.Empty(second.NextPageToken);

        var full = await gateway.Monitor.StatusAsync(new() { Service = "s", View = View.Full }, cancellationToken: Limit);
        Assert.Equal(["a", "b"], full.Statuses[0].Service.Nodes.Select(node => node.Id));
    }

    [Fact]
    public async Task Status_Verbose_IsEachInstanceInPages()
    {
        await using var gateway = await StartAsync(cluster =>
        {
            for (var i = 0; i < 50; i++) cluster.Add($"s{i % 3}", $"i-{i:00}").LatestStatus = new() { Info = $"s{i % 3}/i-{i:00}" };
            cluster.Add("s1", "without");
        });
        var found = new List<string>();
        var token = "";
        do
        {
            var page = await gateway.Monitor.StatusAsync(new() { Verbose = true, Limit = 20, PageToken = token }, cancellationToken: Limit);
            found.AddRange(page.Statuses.Select(status => status.Info));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"s{i % 3}/i-{i:00}").Order(StringComparer.Ordinal), found);
        Assert.Equal("s1/i-01", Assert.Single((await gateway.Monitor.StatusAsync(new() { Id = "i-01" }, cancellationToken: Limit)).Statuses).Info);
        Assert.Empty((await gateway.Monitor.StatusAsync(new() { Id = "without" }, cancellationToken: Limit)).Statuses);
        Assert.Equal(found[30..35], (await gateway.Monitor.StatusAsync(new() { Verbose = true, Offset = 30, Limit = 5 }, cancellationToken: Limit)).Statuses.Select(status => status.Info));
    }

    [Fact]
    public async Task Services_All_AreNamedWithVersionsAndNodes()
    {
        await using var gateway = await StartAsync(cluster =>
        {
            cluster.Add("b", "1");
            cluster.Add("a", "3");
            cluster.Add("a", "2");
            cluster.Add("a", "4", "0.9");
        });
        var answer = await gateway.Monitor.ServicesAsync(new(), cancellationToken: Limit);
        Assert.Equal(["a 0.9 4", "a 1.0.0 2,3", "b 1.0.0 1"], answer.Services.Select(one => $"{one.Name} {one.Version} {string.Join(',', one.Nodes.Select(node => node.Id))}"));
        Assert.Single((await gateway.Monitor.ServicesAsync(new() { Service = "b" }, cancellationToken: Limit)).Services);
        Assert.Empty((await gateway.Monitor.ServicesAsync(new() { Service = "c" }, cancellationToken: Limit)).Services);
    }

    [Fact]
    public async Task History_OfTheOnlyInstance_AsksItByNameAndLimit()
    {
        HistoryRequest? asked = null;
        await using var gateway = await StartAsync(cluster => cluster.Add("s", "i").OnHistory = request =>
        {
            asked = request;
            return new() { Entries = { new HistoryEntry { Position = 3 } } };
        });
        var answer = await gateway.Monitor.HistoryAsync(new() { Id = "i", Check = "c", PageToken = "t" }, cancellationToken: Limit);
        Assert.Equal(3, answer.Entries.Single().Position);
        Assert.Equal(new HistoryRequest { Service = "s", Id = "i", Check = "c", Limit = 10, PageToken = "t" }, asked);
    }

    private static (Action<FakeCluster> Add, IReadOnlyList<HealthCheck> Expected) Random(int seed)
    {
        var random = new Random(seed);
        var instances = new List<(string Service, string Instance, List<(string Id, HealthCheck.Types.Status Status)> Checks)>();
        for (var i = 0; i < 120; i++)
            instances.Add(($"service-{random.Next(4)}", $"i-{random.Next(1000)}", [.. Enumerable.Range(0, random.Next(6)).Select(check => ($"check-{check}", (HealthCheck.Types.Status)random.Next(1, 3)))]));
        var last = new FakeCluster();
        Fill(last);
        var all = instances.Select(one => (one.Service, one.Instance)).Distinct()
            .OrderBy(one => one.Service, StringComparer.Ordinal).ThenBy(one => one.Instance, StringComparer.Ordinal)
            .SelectMany(one => ((FakeCluster.FakeInstance)last.Instance($"{one.Service}/{one.Instance}")).Checks.Values);
        return (Fill, [.. all]);

        void Fill(FakeCluster cluster)
        {
            foreach (var (service, instance, checks) in instances)
            {
                var added = cluster.Add(service, instance);
                foreach (var (id, status) in checks) added.With(id, status);
            }
        }
    }

    private static string Key(HealthCheck check) => $"{check.Service.Name}/{check.Service.Id}/{check.Id}";
}
