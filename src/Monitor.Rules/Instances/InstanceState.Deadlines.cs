using Monitor.Protocol;
using Monitor.Rules.Staleness;

namespace Monitor.Rules.Instances;

public sealed partial class InstanceState
{
    private long nextDeadlineMs = Deadlines.Never;

    /// <summary>Above this many series the next deadline is found when one passes, not at each report.</summary>
    private const int ExactDeadlines = 16;

    /// <summary>When to call <see cref="Evaluate"/> next, Unix milliseconds: at or before the next deadline; <see cref="Deadlines.Never"/> where there is none.</summary>
    public long NextDeadlineMs(BlindWindows blind)
    {
        if (checks.Count <= ExactDeadlines || nextDeadlineMs == Deadlines.Never) nextDeadlineMs = FindNextDeadline(blind);
        return nextDeadlineMs;
    }

    /// <summary>Whether anything that is live is overdue or expired at an instant.</summary>
    public bool IsOverdue(long nowMs, BlindWindows blind)
    {
        if (status is { IsLive: true } && status.Deadlines(blind).At(nowMs) != Freshness.Fresh) return true;
        if (stats is { IsLive: true } && stats.Deadlines(blind).At(nowMs) != Freshness.Fresh) return true;
        foreach (var check in checks)
        {
            if (check.IsLive && check.Deadlines(blind).At(nowMs) != Freshness.Fresh) return true;
        }

        return false;
    }

    /// <summary>Notices what has gone silent by an instant; adds the transitions to <see cref="Events"/>.</summary>
    /// <param name="nowMs">Deadlines before this have passed.</param>
    /// <param name="detectedAtMs">When it was found out.</param>
    /// <param name="blind">Times that do not count as silence.</param>
    public void Evaluate(long nowMs, long detectedAtMs, BlindWindows blind)
    {
        if (nowMs < NextDeadlineMs(blind)) return;
        var causedBy = "";
        if (status is not null)
        {
            Evaluate(status, nowMs, detectedAtMs, blind, "");
            if (!status.IsLive || status.Deadlines(blind).LateAt < nowMs) causedBy = "instance";
        }

        foreach (var check in checks) Evaluate(check, nowMs, detectedAtMs, blind, causedBy);
        if (stats is not null) Evaluate(stats, nowMs, detectedAtMs, blind, causedBy);
        nextDeadlineMs = FindNextDeadline(blind);
    }

    private void Evaluate(Series series, long nowMs, long detectedAtMs, BlindWindows blind, string causedBy)
    {
        var deadlines = series.Deadlines(blind);
        if (nowMs <= deadlines.NextAfter(series.Told)) return;
        if (nowMs > deadlines.TellExpiredAt)
        {
            Tell(series, Freshness.Expired, Event.Types.Kind.Expired, deadlines.TellExpiredAt, detectedAtMs, causedBy);
        }
        else
        {
            Tell(series, Freshness.Unknown, Event.Types.Kind.Overdue, deadlines.UnknownAt, detectedAtMs, causedBy);
        }
    }

    private void Tell(Series series, Freshness told, Event.Types.Kind kind, long atMs, long detectedAtMs, string causedBy)
    {
        series.Told = told;

        // Stats have no state to change, and what a stopped instance no longer reports is no alarm.
        var alarm = kind == Event.Types.Kind.Overdue;
        if (series.Kind == Reports.ReportKind.Stats || (alarm && status is { IsStopped: true })) return;
        Emit(kind, series, series.Status, atMs, detectedAtMs, causedBy);
    }

    /// <summary>A shorter interval than before brings the next deadline forward.</summary>
    private void NoteDeadline(Series series, BlindWindows blind)
    {
        if (nextDeadlineMs != Deadlines.Never) nextDeadlineMs = Math.Min(nextDeadlineMs, series.Deadlines(blind).NextAfter(series.Told));
    }

    private long FindNextDeadline(BlindWindows blind)
    {
        var next = Deadlines.Never;
        if (status is not null) next = Math.Min(next, status.Deadlines(blind).NextAfter(status.Told));
        if (stats is not null) next = Math.Min(next, stats.Deadlines(blind).NextAfter(stats.Told));
        foreach (var check in checks) next = Math.Min(next, check.Deadlines(blind).NextAfter(check.Told));
        return next;
    }
}
