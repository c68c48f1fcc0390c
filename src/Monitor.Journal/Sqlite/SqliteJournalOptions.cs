using Microsoft.Extensions.Options;

namespace Monitor.Journal.Sqlite;

/// <summary>Where and how the journal of one process is kept in one SQLite file.</summary>
public sealed class SqliteJournalOptions
{
    /// <summary>
    /// The database file; its directory is created where it is missing. Beside it lie <c>-wal</c>, <c>-shm</c> and <c>.lock</c>.
    /// Default <c>data/journal.db</c> in the working directory.
    /// </summary>
    public string Path { get; set; } = System.IO.Path.Combine("data", "journal.db");

    /// <summary>Partitions of each topic, the ceiling of parallelism; fixed when the journal is created. 1 to 1,024, default 16.</summary>
    public int Partitions { get; set; } = 16;

    /// <summary>
    /// Records after which a segment, the unit of retention, is sealed. The index of an unsealed segment is in memory and is rebuilt from its records
    /// when the journal is opened: fewer records open faster, more make fewer look-ups for a key. 1 to 10,000,000, default 250,000.
    /// </summary>
    public int SegmentRecords { get; set; } = 250_000;

    /// <summary>Age of its first record at which a segment of reports is sealed: a 24th of the retention of reports. 1 s to 365 d, default 1 h.</summary>
    public TimeSpan ReportSegmentAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Age of its first record at which a segment of events is sealed: a 24th of the retention of events. 1 s to 365 d, default 4 d.</summary>
    public TimeSpan EventSegmentAge { get; set; } = TimeSpan.FromDays(4);

    /// <summary>Memory for the newest records, which are read without going to the file, in bytes; shared by all partitions. 0 to 1 GiB, default 32 MiB.</summary>
    public int TailBytes { get; set; } = 32 << 20;

    /// <summary>Reads of older records at a time, each with a connection and a thread. 1 to 64, default 4.</summary>
    public int Readers { get; set; } = 4;
}

internal sealed class SqliteJournalOptionsValidator : IValidateOptions<SqliteJournalOptions>
{
    public ValidateOptionsResult Validate(string? name, SqliteJournalOptions options)
    {
        var failures = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Path)) failures.Add($"{nameof(options.Path)} is empty; it must name the journal's file.");
        Check("Monitor:Partitions", options.Partitions, 1, 1024);
        Check(nameof(options.SegmentRecords), options.SegmentRecords, 1, 10_000_000);
        Check(nameof(options.ReportSegmentAge), options.ReportSegmentAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365));
        Check(nameof(options.EventSegmentAge), options.EventSegmentAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365));
        Check(nameof(options.TailBytes), options.TailBytes, 0, 1 << 30);
        Check(nameof(options.Readers), options.Readers, 1, 64);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures.Select(failure => "SQLite journal: " + failure));

        void Check<T>(string key, T value, T least, T most) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0) failures.Add($"{key} is {value}; it must be {least} to {most}.");
        }
    }
}
