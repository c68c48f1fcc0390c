namespace Monitor.Journal;

/// <summary>The journal cannot be written or read at present: nothing of the call is promised. It may be tried again.</summary>
public sealed class JournalUnavailableException : Exception
{
    public JournalUnavailableException(string message) : base(message) { }

    public JournalUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>The journal cannot be opened as asked: another process has it, another number of partitions, a newer schema. Not worth another try.</summary>
public sealed class JournalRefusedException : Exception
{
    public JournalRefusedException(string message) : base(message) { }

    public JournalRefusedException(string message, Exception inner) : base(message, inner) { }
}
