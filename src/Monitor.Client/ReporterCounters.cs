namespace Monitor.Client;

/// <summary>What became of this reporter's reports since it started. Each is a number of reports.</summary>
/// <param name="Accepted">Durable at the server.</param>
/// <param name="Duplicate">Known to the server already: an earlier sending had arrived although its answer had not.</param>
/// <param name="Late">Taken into history only, because the server knew newer ones.</param>
/// <param name="Rejected">Refused by the server for their content. They are not sent again.</param>
/// <param name="Lost">Dropped here, because the buffer was full.</param>
/// <param name="Resent">Sent again, because an answer did not come.</param>
public sealed record ReporterCounters(long Accepted, long Duplicate, long Late, long Rejected, long Lost, long Resent);
