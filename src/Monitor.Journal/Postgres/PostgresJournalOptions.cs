using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Monitor.Journal.Postgres;

/// <summary>Where and how the journal of a cluster is kept in a PostgreSQL database, version 14 or later.</summary>
public sealed class PostgresJournalOptions
{
    /// <summary>
    /// Npgsql connection string: <c>Host=db1,db2;Database=monitor;Username=monitor;Password=…</c>. Of several hosts, the one that is the primary is used.
    /// Connect to the server itself or through a session pooler: a transaction pooler passes no notifications. No default.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>Schema of all that is stored; created where it is missing. 1 to 40 letters, digits and <c>_</c>, no digit first. Default <c>monitor</c>.</summary>
    public string Schema { get; set; } = "monitor";

    /// <summary>Partitions of each topic, the ceiling of parallelism; fixed when the journal is created. 1 to 1,024, default 16.</summary>
    public int Partitions { get; set; } = 16;

    /// <summary>Which cluster's journal it is, fixed when it is created: a process of another cluster is refused. 1 to 100 characters. Default <c>monitor</c>.</summary>
    public string ClusterId { get; set; } = "monitor";

    /// <summary>Records after which a segment, the table that retention drops as a whole, is sealed. 1 to 1,000,000,000, default 20,000,000.</summary>
    public int SegmentRecords { get; set; } = 20_000_000;

    /// <summary>Age at which a segment of reports is sealed: a 24th of the retention of reports. 1 s to 365 d, default 1 h.</summary>
    public TimeSpan ReportSegmentAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Age at which a segment of events is sealed: a 24th of the retention of events. 1 s to 365 d, default 4 d.</summary>
    public TimeSpan EventSegmentAge { get; set; } = TimeSpan.FromDays(4);

    /// <summary>Groups written at a time by this process, each on a connection and for partitions of its own. 1 to 64, default 2.</summary>
    public int Writers { get; set; } = 2;

    /// <summary>Connections for all else, at most. 2 to 256, default 8. The process has one more, to be notified on.</summary>
    public int Readers { get; set; } = 8;

    /// <summary>
    /// How long a call waits for a server that cannot be reached before it fails with <see cref="JournalUnavailableException"/>. 1 s to 1 h, default 30 s.
    /// </summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How far the clocks of this process and the server may be apart when it is opened. 1 s to 10,000 d, default 1 min.</summary>
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromMinutes(1);
}

internal sealed partial class PostgresJournalOptionsValidator : IValidateOptions<PostgresJournalOptions>
{
    private const string Section = "Monitor:Postgres";

    public ValidateOptionsResult Validate(string? name, PostgresJournalOptions options)
    {
        var failures = new List<string>();
        CheckConnectionString();
        if (!SchemaName().IsMatch(options.Schema)) failures.Add($"{Section}:{nameof(options.Schema)} is '{options.Schema}'; it must be 1 to 40 letters, digits and _, no digit first.");
        CheckText("Monitor:ClusterId", options.ClusterId, 100);
        Check("Monitor:Partitions", options.Partitions, 1, 1024);
        Check($"{Section}:{nameof(options.SegmentRecords)}", options.SegmentRecords, 1, 1_000_000_000);
        Check($"{Section}:{nameof(options.ReportSegmentAge)}", options.ReportSegmentAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365));
        Check($"{Section}:{nameof(options.EventSegmentAge)}", options.EventSegmentAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365));
        Check($"{Section}:{nameof(options.Writers)}", options.Writers, 1, 64);
        Check($"{Section}:{nameof(options.Readers)}", options.Readers, 2, 256);
        Check($"{Section}:{nameof(options.Patience)}", options.Patience, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Check($"{Section}:{nameof(options.ClockTolerance)}", options.ClockTolerance, TimeSpan.FromSeconds(1), TimeSpan.FromDays(10_000));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void CheckConnectionString()
        {
            const string Key = nameof(options.ConnectionString);
            try
            {
                if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(options.ConnectionString).Host)) failures.Add($"{Section}:{Key} names no Host.");
            }
            catch (ArgumentException e)
            {
                // The message names the keyword; it does not hold the string, in which a password may be.
                failures.Add($"{Section}:{Key} is not a connection string: {e.Message}");
            }
        }

        void CheckText(string key, string value, int longest)
        {
            if (string.IsNullOrWhiteSpace(value) || value.Length > longest) failures.Add($"{key} is '{value}'; it must be 1 to {longest} characters.");
        }

        void Check<T>(string key, T value, T least, T most) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0) failures.Add($"{key} is {value}; it must be {least} to {most}.");
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,39}$")]
    private static partial Regex SchemaName();
}
