namespace Monitor.Journal;

/// <summary>The journal cannot be written or read at present: nothing of the call is promised. It may be tried again.</summary>
public class JournalUnavailableException : Exception
{
    public JournalUnavailableException(string message) : base(message) { }

    public JournalUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// The journal no longer holds what this process has seen of it: a standby that lacked the end was made the primary, or a backup was restored. Every call fails with it
/// from then on, as what the process knows is of another journal: only a new process may go on. To others it is as unavailable.
/// </summary>
public sealed class JournalLostException(string message) : JournalUnavailableException(message);

/// <summary>The journal cannot be opened as asked: another process has it, another number of partitions, a newer schema. Not worth another try.</summary>
public sealed class JournalRefusedException : Exception
{
    public JournalRefusedException(string message) : base(message) { }

    public JournalRefusedException(string message, Exception inner) : base(message, inner) { }
}
