using Microsoft.Extensions.Options;

namespace Monitor.Grains;

/// <summary>How grains keep and save what they know. Bound from the configuration section <c>Monitor</c>.</summary>
public sealed class GrainOptions
{
    /// <summary>How long reports are kept as they came: the reach of History. Default a day; at least a minute.</summary>
    public TimeSpan RawRetention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long transitions are kept. Default 93 days; at least a minute.</summary>
    public TimeSpan TransitionRetention { get; set; } = TimeSpan.FromDays(93);

    /// <summary>A grain that changed is saved after this long: it bounds what an activation replays. Default 5 minutes; 1 s to a day.</summary>
    public TimeSpan SnapshotAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a partition saves how far it is: it bounds what is delivered again after a crash. Default 10 s; 1 s to 1 h.</summary>
    public TimeSpan CheckpointPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a partition notes in the journal that it can receive and apply. Default 2 s; 0.1 s to 1 minute.</summary>
    public TimeSpan BeatPeriod { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A process that stood still, or a journal that did not answer, for this long was blind. Default 2 s, the least grace of a deadline: with more, a silence of ours
    /// might raise an alarm. 1 s to 1 h.
    /// </summary>
    public TimeSpan BlindAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Recent records that an instance's grain keeps for History beside the latest, in bytes. Default 2,048; 0 to 1 MiB.</summary>
    public int RecentBytes { get; set; } = 2048;
}

internal sealed class GrainOptionsValidator : IValidateOptions<GrainOptions>
{
    public ValidateOptionsResult Validate(string? name, GrainOptions options)
    {
        var failures = new List<string>();
        Check(nameof(options.RawRetention), options.RawRetention, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
        Check(nameof(options.TransitionRetention), options.TransitionRetention, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
        Check(nameof(options.SnapshotAge), options.SnapshotAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Check(nameof(options.CheckpointPeriod), options.CheckpointPeriod, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Check(nameof(options.BeatPeriod), options.BeatPeriod, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Check(nameof(options.BlindAfter), options.BlindAfter, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        if (options.RecentBytes is < 0 or > 1 << 20) failures.Add($"Monitor:RecentBytes is {options.RecentBytes}; it must be 0 to {1 << 20}.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check(string key, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most) failures.Add($"Monitor:{key} is {value}; it must be {least} to {most}.");
        }
    }
}
