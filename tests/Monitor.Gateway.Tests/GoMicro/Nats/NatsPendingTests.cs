using System.Buffers;
using Monitor.Gateway.GoMicro.Nats;

namespace Monitor.Gateway.Tests.GoMicro.Nats;

public sealed class NatsPendingTests
{
    [Fact]
    public void Messages_MoreBytesThanMayWait_AreToldAndKeepNothing()
    {
        var pending = new NatsPending(10);
        byte[] six = [1, 2, 3, 4, 5, 6];

        var first = pending.Deserialize(new ReadOnlySequence<byte>(six));
        var second = pending.Deserialize(new ReadOnlySequence<byte>(six));

        Assert.Equal(six, first);
        Assert.True(second.Length <= 1);
        Assert.False(pending.Leave(second));
        Assert.Equal(4, pending.Deserialize(new ReadOnlySequence<byte>(six, 0, 4)).Length);
        Assert.True(pending.Leave(first));
        Assert.Equal(six, pending.Deserialize(new ReadOnlySequence<byte>(six)));
        Assert.True(pending.Leave(null));
    }
}
