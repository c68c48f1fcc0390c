using Monitor.Protocol;
using State = Monitor.Protocol.ServiceSummary.Types.State;

namespace Monitor.Rules.Services;

/// <summary>Counts of many instances as one <see cref="ServiceSummary"/>, and the worst state that they make.</summary>
public static class Aggregate
{
    public static ServiceSummary Empty(string service) => new() { Service = service, Instances = new(), Healthchecks = new() };

    /// <summary>Counts an instance, by what its partition keeps of it.</summary>
    /// <param name="into">What it is counted in.</param>
    /// <param name="entry">The instance.</param>
    /// <param name="times">1 to count it, -1 to take it back.</param>
    public static void Count(ServiceSummary into, PartitionEntry entry, int times)
    {
        if (!entry.IsLive) return;
        var (instances, checks) = (into.Instances, into.Healthchecks);
        var status = entry is { HasStatus: true, Overdue: false } ? (Status.Types.Status)entry.Status : Status.Types.Status.Unknown;
        if (status == Status.Types.Status.Stopped)
        {
            instances.Stopped += times;
            checks.Stopped += times * (entry.Ok + entry.Error + entry.Unknown);
            return;
        }

        if (status == Status.Types.Status.Running) instances.Running += times;
        else if (status == Status.Types.Status.Started) instances.Started += times;
        else instances.Unknown += times;
        if (entry.Overdue) instances.Overdue += times;
        checks.Ok += times * (entry.Ok - entry.OverdueOk);
        checks.Error += times * (entry.Error - entry.OverdueError);
        checks.Unknown += times * (entry.Unknown + entry.OverdueOk + entry.OverdueError);
        checks.Overdue += times * entry.OverdueChecks;
    }

    public static void Add(ServiceSummary into, ServiceSummary counts)
    {
        into.Instances.Running += counts.Instances.Running;
        into.Instances.Started += counts.Instances.Started;
        into.Instances.Unknown += counts.Instances.Unknown;
        into.Instances.Stopped += counts.Instances.Stopped;
        into.Instances.Overdue += counts.Instances.Overdue;
        into.Healthchecks.Ok += counts.Healthchecks.Ok;
        into.Healthchecks.Error += counts.Healthchecks.Error;
        into.Healthchecks.Unknown += counts.Healthchecks.Unknown;
        into.Healthchecks.Stopped += counts.Healthchecks.Stopped;
        into.Healthchecks.Overdue += counts.Healthchecks.Overdue;
    }

    /// <summary>The worst state of a service with these counts.</summary>
    public static State Worst(ServiceSummary counts)
    {
        var live = counts.Instances.Running + counts.Instances.Started + counts.Instances.Unknown;
        return live == 0 ? State.Unknown
            : counts.Healthchecks.Error > 0 ? State.Error
            : counts.Instances.Overdue + counts.Healthchecks.Unknown > 0 ? State.Unknown
            : State.Ok;
    }
}
