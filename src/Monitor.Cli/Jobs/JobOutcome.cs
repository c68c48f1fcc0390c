namespace Monitor.Cli.Jobs;

/// <summary>How a job ended.</summary>
/// <param name="ExitCode">Its own; 128 and the signal's number where a signal ended it, 127 where it could not be started.</param>
/// <param name="Error">Empty where it succeeded.</param>
/// <param name="Output">Its last lines, of standard output and standard error.</param>
internal sealed record JobOutcome(int ExitCode, string Error, TimeSpan Duration, string Output, bool NotStarted = false);
