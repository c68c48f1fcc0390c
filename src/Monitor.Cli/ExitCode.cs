namespace Monitor.Cli;

/// <summary>What the tool's exit code says. Scripts depend on the numbers.</summary>
internal enum ExitCode
{
    Ok = 0,
    NotFound = 1,

    /// <summary>The command line, the request or the report is wrong: the message names what.</summary>
    Usage = 2,

    /// <summary>No answer from the server, or an answer that it cannot serve now.</summary>
    Unreachable = 3,

    /// <summary>A job that could not be started, as in a shell.</summary>
    CommandNotFound = 127,
}
