using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Rules.Tests.Reports;

public sealed class BatchScannerRuleTests
{
    private const long Now = 1_451_096_508;
    private const long NowMs = Now * 1000 + 250;
    private static readonly string Long = new('k', 257);

    [Fact]
    public void Validate_GoodBatch_IsTaken()
    {
        var scan = Validate(Batch(Good(), Good(), Good()), out var refusal);
        Assert.Null(refusal);
        Assert.Equal([0, 1, 2], scan.Reports.Select(report => report.Index));
        Assert.Empty(scan.Rejected);
    }

    public static TheoryData<string, Action<HealthCheck>> BadHealthChecks => new()
    {
        { "id", check => check.Id = "" },
        { "id", check => check.Id = Long },
        { "description", check => check.Description = new string('d', 16 * 1024 + 1) },
        { "error", check => check.Error = new string('d', 16 * 1024 + 1) },
        { "timestamp", check => check.Timestamp = 0 },
        { "timestamp", check => check.Timestamp = -5 },
        { "timestamp", check => check.Timestamp = 946_684_799 },
        { "timestamp", check => check.Timestamp = Now + 86_401 },
        { "timestamp", check => check.Timestamp = long.MaxValue },
        { "timestamp", check => check.Timestamp = long.MinValue },
        { "interval", check => check.Interval = -1 },
        { "interval", check => check.Interval = long.MaxValue },
        { "interval", check => check.Interval = 3650L * 86_400 + 1 },
        { "ttl", check => check.Ttl = -1 },
        { "ttl", check => check.Ttl = long.MaxValue },
        { "status", check => check.Status = (HealthCheck.Types.Status)3 },
        { "status", check => check.Status = (HealthCheck.Types.Status)(-1) },
        { "duration", check => check.Duration = -1 },
        { "results", check => check.Results[""] = "x" },
        { "results", check => check.Results[Long] = "x" },
        { "results[\"big\"]", check => check.Results["big"] = new string('v', 16 * 1024 + 1) },
        { "results", check => { for (var i = 0; i < 257; i++) check.Results[$"k{i}"] = ""; } },
        { "tags[1]", check => check.Tags.AddRange(["good", ""]) },
        { "tags[0]", check => check.Tags.Add(Long) },
        { "tags", check => check.Tags.AddRange(Enumerable.Range(0, 65).Select(i => $"t{i}")) },
        { "service.name", check => check.Service = new Service { Id = "i" } },
        { "service.name", check => check.Service = new Service { Name = Long, Id = "i" } },
        { "service.id", check => check.Service = new Service { Name = "s" } },
        { "service.id", check => check.Service = new Service { Name = "s", Id = Long } },
        { "service.version", check => check.Service = new Service { Name = "s", Id = "i", Version = Long } },
        { "service.nodes.id", check => check.Service = new Service { Name = "s", Nodes = { new Node { Id = Long } } } },
    };

    [Theory]
    [MemberData(nameof(BadHealthChecks), DisableDiscoveryEnumeration = true)]
    public void Validate_BadHealthCheck_IsRejectedByFieldAndTheRestTaken(string field, Action<HealthCheck> spoil)
    {
        var bad = Good();
        spoil(bad.Healthcheck);
        var scan = Validate(Batch(Good(), bad, Good()), out var refusal);
        Assert.Null(refusal);
        var rejected = Assert.Single(scan.Rejected);
        Assert.Equal($"reports[1].healthcheck.{field}", rejected.Field);
        Assert.Equal(1u, rejected.Index);
        Assert.Equal(Outcome.Rejected, rejected.Outcome);
        Assert.NotEmpty(rejected.Message);
        Assert.Equal([0, 2], scan.Reports.Select(report => report.Index));
    }

    public static TheoryData<string, Action<Report>> BadReports => new()
    {
        { "", report => report.ClearReport() },
        { ".millis", report => report.Millis = 1000 },
        { ".millis", report => report.Millis = -1 },
        { ".status.status", report => report.Status = new() { Timestamp = Now, Status_ = (Status.Types.Status)4 } },
        { ".status.info", report => report.Status = new() { Timestamp = Now, Info = new string('i', 16 * 1024 + 1) } },
        { ".status.timestamp", report => report.Status = new() },
        { ".status.interval", report => report.Status = new() { Timestamp = Now, Interval = -3 } },
        { ".status.service.id", report => report.Status = new() { Timestamp = Now, Service = new() { Name = "s" } } },
        { ".stats.timestamp", report => report.Stats = new() { Timestamp = 1 } },
        { ".stats.ttl", report => report.Stats = new() { Timestamp = Now, Ttl = -1 } },
        { ".stats.endpoints[1].success.mean", report => report.Stats = Endpoints(new(), new() { Success = new() { Mean = double.NaN } }) },
        { ".stats.endpoints[0].errors.std_dev", report => report.Stats = Endpoints(new Endpoint { Errors = new() { StdDev = double.PositiveInfinity } }) },
        { ".stats.endpoints[0].dropped.upper95", report => report.Stats = Endpoints(new Endpoint { Dropped = new() { Upper95 = double.NegativeInfinity } }) },
        { ".stats.endpoints[0].method", report => report.Stats = Endpoints(new Endpoint { Method = new string('m', 1025) }) },
        { ".stats.endpoints", report => report.Stats = Endpoints([.. Enumerable.Range(0, 1025).Select(_ => new Endpoint())]) },
    };

    [Theory]
    [MemberData(nameof(BadReports), DisableDiscoveryEnumeration = true)]
    public void Validate_BadReport_IsRejectedByField(string field, Action<Report> spoil)
    {
        var bad = Good();
        spoil(bad);
        var scan = Validate(Batch(bad, Good()), out _);
        Assert.Equal("reports[0]" + field, Assert.Single(scan.Rejected).Field);
        Assert.Single(scan.Reports);
    }

    [Fact]
    public void Validate_AtTheLimits_IsTaken()
    {
        var report = Good();
        var check = report.Healthcheck;
        report.Millis = 250;
        check.Id = new string('k', 256);
        check.Timestamp = Now + 86_400;
        check.Interval = 60;
        check.Ttl = 1;
        check.Description = check.Error = new string('d', 16 * 1024);
        for (var i = 0; i < 256; i++) check.Results[$"k{i}"] = i == 0 ? new string('v', 16 * 1024) : "";
        check.Tags.AddRange(Enumerable.Range(0, 64).Select(i => $"t{i}"));
        Assert.Single(Validate(Batch(report), out _).Reports);
        check.Timestamp = 946_684_800;
        Assert.Single(Validate(Batch(report), out _).Reports);
        check.Timestamp = Now + 86_400;
        report.Millis = 251;
        Assert.Equal("reports[0].healthcheck.timestamp", Assert.Single(Validate(Batch(report), out _).Rejected).Field);
    }

    [Fact]
    public void Validate_WithoutAnyInstance_RejectsEachReport()
    {
        var batch = Batch(Good(), Good());
        batch.Service = null;
        Assert.Equal(
            ["reports[0].healthcheck.service.name", "reports[1].healthcheck.service.name"],
            Validate(batch, out _).Rejected.Select(outcome => outcome.Field));
        batch.Service = new Service { Name = "s" };
        Assert.Equal("reports[0].healthcheck.service.id", Validate(batch, out _).Rejected[0].Field);
    }

    [Fact]
    public void Validate_FirstNode_StandsForTheId()
    {
        var report = Good();
        report.Healthcheck.Service = new Service { Name = "s", Nodes = { new Node { Id = "n1" }, new Node { Id = "n2" } } };
        var bytes = Batch(report).ToByteArray();
        var scan = new ScannedBatch();
        BatchScanner.Validate(bytes, NowMs, scan);
        Assert.Equal("n1"u8.ToArray(), scan.Reports[0].Instance.Of(bytes).ToArray());
    }

    public static TheoryData<string, Action<PublishRequest>> BadBatches => new()
    {
        { "reports", batch => batch.Reports.AddRange(Enumerable.Range(0, 10_000).Select(_ => new Report())) },
        { "acknowledge", batch => batch.Acknowledge = (Acknowledge)2 },
        { "service.name", batch => batch.Service.Name = Long },
        { "service.id", batch => batch.Service.Id = Long },
        { "lost", batch => { batch.Lost = 3; batch.Service = null; } },
        { "", batch => batch.Reports.AddRange(Enumerable.Range(0, 300).Select(_ => new Report { Healthcheck = new() { Error = new string('e', 16_000) } })) },
    };

    [Theory]
    [MemberData(nameof(BadBatches), DisableDiscoveryEnumeration = true)]
    public void Validate_BadBatch_IsRefusedByField(string field, Action<PublishRequest> spoil)
    {
        var batch = Batch(Good());
        spoil(batch);
        Validate(batch, out var refusal);
        Assert.NotNull(refusal);
        Assert.Equal(field, refusal.Field);
        Assert.NotEmpty(refusal.Message);
    }

    [Theory]
    [InlineData("1A0501", "")]
    [InlineData("07", "")]
    [InlineData("00", "")]
    [InlineData("0C", "")]
    [InlineData("18FF", "reports")]
    [InlineData("1205", "")]
    [InlineData("2201", "epoch")]
    public void Validate_MalformedBatch_IsRefused(string hex, string field)
    {
        var refusal = BatchScanner.Validate(Convert.FromHexString(hex), NowMs, new ScannedBatch());
        Assert.Equal(field, refusal?.Field);
    }

    [Theory]
    // A healthcheck that ends within its id; the report as a whole is well formed.
    [InlineData("0A020A05", "reports[1].healthcheck")]
    // A report that ends within its healthcheck.
    [InlineData("0A05", "reports[1]")]
    // An id, a description, an error, a result's key and value, a tag that are not UTF-8.
    [InlineData("0A030A01FF", "reports[1].healthcheck.id")]
    [InlineData("0A031201FF", "reports[1].healthcheck.description")]
    [InlineData("0A034A01FF", "reports[1].healthcheck.error")]
    [InlineData("0A0542030A01FF", "reports[1].healthcheck.results")]
    [InlineData("0A0542031201FF", "reports[1].healthcheck.results")]
    [InlineData("0A048A0101FF", "reports[1].healthcheck.tags[0]")]
    [InlineData("12031A01FF", "reports[1].status.info")]
    [InlineData("0A0532030A01FF", "reports[1].healthcheck.service.name")]
    // Wrong wire types: id, interval, healthcheck, sequence.
    [InlineData("0A020801", "reports[1].healthcheck.id")]
    [InlineData("0A032201FF", "reports[1].healthcheck.interval")]
    [InlineData("0801", "reports[1].healthcheck")]
    [InlineData("2A00", "reports[1].sequence")]
    // A group that never ends.
    [InlineData("A306", "reports[1]")]
    public void Validate_MalformedReport_IsRejectedAlone(string hex, string field)
    {
        var report = Convert.FromHexString(hex);
        byte[] batch = [.. Batch(Good()).ToByteArray(), 0x1A, (byte)report.Length, .. report, .. new PublishRequest { Reports = { Good() } }.ToByteArray()];
        var scan = new ScannedBatch();
        Assert.Null(BatchScanner.Validate(batch, NowMs, scan));
        Assert.Equal(field, Assert.Single(scan.Rejected).Field);
        Assert.Equal([0, 2], scan.Reports.Select(found => found.Index));
    }

    [Fact]
    public void Validate_DeepGroups_AreRejectedWithoutOverflow()
    {
        byte[] groups = [.. Enumerable.Repeat((byte)0xA3, 200_000).SelectMany(tag => new byte[] { tag, 0x06 })];
        var scan = new ScannedBatch();
        Assert.NotNull(BatchScanner.Validate(groups, NowMs, scan));
        BatchScanner.Read(groups, scan);
        Assert.Empty(scan.Reports);
    }

    [Fact]
    public void Validate_UnknownFieldsAndGroups_ArePassedOver()
    {
        // Field 100: a group within a group, with a varint; field 101: 4 fixed bytes.
        byte[] unknown = [0xA3, 0x06, 0xA3, 0x06, 0x08, 0x05, 0xA4, 0x06, 0xA4, 0x06, 0xAD, 0x06, 1, 2, 3, 4];
        byte[] report = [.. Good().ToByteArray(), .. unknown];
        byte[] batch = [.. unknown, .. Batch().ToByteArray(), 0x1A, (byte)report.Length, .. report, .. unknown];
        var scan = new ScannedBatch();
        Assert.Null(BatchScanner.Validate(batch, NowMs, scan));
        Assert.Single(scan.Reports);
        Assert.Single(PublishRequest.Parser.ParseFrom(batch).Reports);
    }

    internal static Report Good() => new()
    {
        Sequence = 1,
        Healthcheck = new() { Id = "check", Timestamp = Now, Interval = 60, Ttl = 3600, Status = HealthCheck.Types.Status.Ok },
    };

    internal static PublishRequest Batch(params Report[] reports) => new() { Id = 7, Service = new() { Name = "go-server", Id = "i-1", Version = "1" }, Epoch = 9, Reports = { reports } };

    private static Stats Endpoints(params Endpoint[] endpoints) => new() { Timestamp = Now, Endpoints = { endpoints } };

    private static ScannedBatch Validate(PublishRequest batch, out ReportOutcome? refusal)
    {
        var scan = new ScannedBatch();
        refusal = BatchScanner.Validate(batch.ToByteArray(), NowMs, scan);
        return scan;
    }
}
