using Monitor.Rules.Reports;

namespace Monitor.Grains.Instances;

/// <summary>Scan results to reuse, one for each thread: a scan and its use are one synchronous step.</summary>
internal sealed class ScanScratch : IDisposable
{
    private readonly ThreadLocal<ScannedBatch> scratch = new(() => new());

    public ScannedBatch Batch => scratch.Value!;

    public void Dispose() => scratch.Dispose();
}
