using System.Globalization;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.EndToEnd.Tests.Kill;

/// <summary>One reporting instance: what it sent, and what of it was acknowledged.</summary>
internal sealed class KillInstance(string id)
{
    public const string Service = "kill";

    private const string StatusSeries = "";

    private readonly ReportBuilder reports = new(Service, id);
    private readonly Dictionary<string, ulong> acknowledged = [];

    public string Id => id;

    /// <summary>Of the last report sent.</summary>
    public ulong Sent => reports.Sequence;

    /// <summary>Sequence of the last acknowledged report of a healthcheck; 0: none.</summary>
    public ulong LastCheck(string check) => acknowledged.GetValueOrDefault(check);

    /// <summary>Sequence of the last acknowledged status; 0: none.</summary>
    public ulong LastStatus => acknowledged.GetValueOrDefault(StatusSeries);

    public static string CheckOf(int number) => string.Create(CultureInfo.InvariantCulture, $"kill.check.{number}");

    public PublishRequest NextBatch(ulong batchId)
    {
        // Each result says its sequence, so that an answer can be told to hold one report and not parts of two.
        var checks = Enumerable.Range(0, KillReporter.Checks).Select(number =>
            reports.Check(CheckOf(number), results: new Dictionary<string, string> { ["n"] = (reports.Sequence + 1).ToString(CultureInfo.InvariantCulture) }));
        var batch = reports.Batch([reports.Status(), .. checks]);
        batch.Id = batchId;
        return batch;
    }

    public void Acknowledge(PublishRequest batch)
    {
        foreach (var report in batch.Reports)
        {
            var series = report.Healthcheck?.Id ?? StatusSeries;
            acknowledged[series] = Math.Max(acknowledged.GetValueOrDefault(series), report.Sequence);
        }
    }
}
