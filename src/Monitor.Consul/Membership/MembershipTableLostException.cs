using Orleans.Runtime;

namespace Orleans.Runtime.Membership;

/// <summary>
/// Consul no longer holds the membership table that it held before, or holds an older one. The silo must not go on as if it were alone, and nothing is written
/// in its place: restore Consul's state, or stop every silo and gateway of the cluster, and then start them.
/// </summary>
public sealed class MembershipTableLostException(string message) : OrleansException(message);
