namespace Monitor.Rules.Reports;

/// <summary>What a report may hold. The comments of the contract say the same.</summary>
public static class ReportLimits
{
    /// <summary>Bytes of a batch: 4 MiB.</summary>
    public const int BatchBytes = 4 * 1024 * 1024;

    /// <summary>Reports in a batch.</summary>
    public const int BatchReports = 10_000;

    /// <summary>Bytes of a key, at least 1: service name, instance id, healthcheck id, key of a result, tag. Of a version, which may be empty.</summary>
    public const int KeyBytes = 256;

    /// <summary>Bytes of a description, an error, an info or the value of a result.</summary>
    public const int TextBytes = 16 * 1024;

    /// <summary>Bytes of the service and of the method of an endpoint.</summary>
    public const int EndpointNameBytes = 1024;

    /// <summary>Results of a healthcheck.</summary>
    public const int Results = 256;

    /// <summary>Tags of a healthcheck.</summary>
    public const int Tags = 64;

    /// <summary>Endpoints of a stats report.</summary>
    public const int Endpoints = 1024;

    /// <summary>Milliseconds within a second.</summary>
    public const int Millis = 999;

    /// <summary>Seconds of an interval or ttl: ten years.</summary>
    public const long PeriodSeconds = 3650L * 24 * 60 * 60;

    /// <summary>The earliest timestamp, Unix seconds: 2000-01-01.</summary>
    public const long EarliestTimestamp = 946_684_800;

    /// <summary>How far ahead of receipt a timestamp may be, seconds: a day.</summary>
    public const long FutureSeconds = 24 * 60 * 60;
}
