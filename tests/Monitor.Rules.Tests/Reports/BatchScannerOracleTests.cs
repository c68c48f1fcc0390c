using System.Text;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Rules.Tests.Reports;

/// <summary>The scanner against Google.Protobuf's parser.</summary>
public sealed class BatchScannerOracleTests
{
    private const long NowMs = 1_451_096_508_000;

    [Fact]
    public void Scan_RandomBatches_EqualsTheParser()
    {
        var scan = new ScannedBatch();
        for (var seed = 0; seed < 3000; seed++)
        {
            var bytes = new RandomBatch(seed).Next().ToByteArray();
            Assert.Null(BatchScanner.Validate(bytes, NowMs, scan));
            Assert.Empty(scan.Rejected);
            AssertEqual(bytes, scan);
            BatchScanner.Read(bytes, scan);
            AssertEqual(bytes, scan);
        }
    }

    [Fact]
    public void Scan_ConcatenatedMessages_MergesAsTheParser()
    {
        var scan = new ScannedBatch();
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new RandomBatch(seed);
            // Two batches after each other are one, merged; so are two reports, and their bodies.
            byte[] report = [.. random.Next().Reports.Take(2).SelectMany(one => one.ToByteArray())];
            byte[] bytes = [.. random.Next().ToByteArray(), .. random.Next().ToByteArray(), .. Wrapped(report)];
            Assert.Null(BatchScanner.Validate(bytes, NowMs, scan));
            if (report.Length > 0) Assert.Empty(scan.Rejected);
            var expected = PublishRequest.Parser.ParseFrom(bytes);
            BatchScanner.Read(bytes, scan);
            if (report.Length == 0) expected.Reports.RemoveAt(expected.Reports.Count - 1);
            AssertEqual(expected, bytes, scan);
        }
    }

    public static TheoryData<string> GoldenFiles => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Reports", "Golden"), "*.pb").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(GoldenFiles))]
    public void Validate_ReportsOfTheOriginalsClient_AreTaken(string file)
    {
        var body = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Reports", "Golden", file));
        var field = file.StartsWith("pub-health", StringComparison.Ordinal) ? 1 : file.StartsWith("pub-status", StringComparison.Ordinal) ? 2 : 3;
        byte[] report = [(byte)(field << 3 | 2), .. Length(body.Length), .. body];
        var bytes = Wrapped(report);
        var scan = new ScannedBatch();
        Assert.Null(BatchScanner.Validate(bytes, 1_800_000_000_000, scan));
        Assert.Empty(scan.Rejected);
        AssertEqual(bytes, scan);
    }

    [Fact]
    public void Scan_RandomBytes_NeverThrows()
    {
        var random = new Random(1);
        var scan = new ScannedBatch();
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = new byte[random.Next(80)];
            random.NextBytes(bytes);
            BatchScanner.Validate(bytes, NowMs, scan);
            BatchScanner.Read(bytes, scan);
        }
    }

    [Fact]
    public void Scan_MutatedBatches_NeverThrowsAndWhatIsTakenCanBeParsed()
    {
        var scan = new ScannedBatch();
        var routed = new List<RoutedPayload>();
        var taken = 0;
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var bytes = new RandomBatch(seed % 500).Next().ToByteArray();
            for (var i = random.Next(1, 4); i > 0 && bytes.Length > 0; i--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(3))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes = bytes[..at]; break;
                    default: bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]]; break;
                }
            }
            if (BatchScanner.Validate(bytes, NowMs, scan) is null)
            {
                foreach (var report in scan.Reports) Report.Parser.ParseFrom(report.Bytes.Of(bytes));
                routed.Clear();
                BatchRouter.Route(bytes, scan, routed);
                foreach (var payload in routed) taken += PublishRequest.Parser.ParseFrom(payload.Payload).Reports.Count;
            }
            BatchScanner.Read(bytes, scan);
        }
        Assert.True(taken > 1000, $"Only {taken} reports were taken: the mutations leave nothing to compare.");
    }

    private static void AssertEqual(byte[] bytes, ScannedBatch scan) => AssertEqual(PublishRequest.Parser.ParseFrom(bytes), bytes, scan);

    private static void AssertEqual(PublishRequest expected, byte[] bytes, ScannedBatch scan)
    {
        Assert.Equal(expected.Id, scan.Id);
        Assert.Equal(expected.Epoch, scan.Epoch);
        Assert.Equal(expected.Lost, scan.Lost);
        Assert.Equal(expected.Acknowledge, scan.Acknowledge);
        AssertEqual(expected.Service, (scan.Service, scan.Instance, scan.Version));
        Assert.Equal(expected.Reports.Count, scan.Reports.Count);
        for (var i = 0; i < expected.Reports.Count; i++)
        {
            var report = expected.Reports[i];
            var found = scan.Reports[i];
            var (service, timestamp, interval, ttl, status) = report.ReportCase switch
            {
                Report.ReportOneofCase.Healthcheck => (report.Healthcheck.Service, report.Healthcheck.Timestamp, report.Healthcheck.Interval, report.Healthcheck.Ttl, (int)report.Healthcheck.Status),
                Report.ReportOneofCase.Status => (report.Status.Service, report.Status.Timestamp, report.Status.Interval, report.Status.Ttl, (int)report.Status.Status_),
                _ => (report.Stats.Service, report.Stats.Timestamp, report.Stats.Interval, report.Stats.Ttl, 0),
            };
            Assert.Equal(i, found.Index);
            Assert.Equal((int)report.ReportCase, (int)found.Kind);
            Assert.Equal(report, Report.Parser.ParseFrom(found.Bytes.Of(bytes)));
            Assert.Equal(report.Healthcheck?.Id ?? "", Text(found.Check));
            Assert.Equal((timestamp * 1000 + report.Millis, interval, ttl, status), (found.TimestampMs, found.Interval, found.Ttl, found.Status));
            Assert.Equal(report.Epoch == 0 ? expected.Epoch : report.Epoch, found.Epoch);
            Assert.Equal(report.Sequence, found.Sequence);
            AssertEqual(service, (found.Service, found.Instance, found.Version));
        }

        void AssertEqual(Service? service, (Slice Name, Slice Instance, Slice Version) found)
        {
            var id = service is null ? "" : service.Id.Length > 0 ? service.Id : service.Nodes.FirstOrDefault()?.Id ?? "";
            Assert.Equal((service?.Name ?? "", id, service?.Version ?? ""), (Text(found.Name), Text(found.Instance), Text(found.Version)));
        }

        string Text(Slice slice) => Encoding.UTF8.GetString(slice.Of(bytes));
    }

    private static byte[] Wrapped(byte[] report) => [0x1A, .. Length(report.Length), .. report];

    private static byte[] Length(int length) => length < 128 ? [(byte)length] : [(byte)(length | 0x80), (byte)(length >> 7)];
}
