using Monitor.Rules.Order;

namespace Monitor.Rules.Tests.Order;

public sealed class SeenSequencesTests
{
    [Fact]
    public void Add_InOrder_IsOneRange()
    {
        var seen = new SeenSequences();
        for (ulong s = 1; s <= 1000; s++) Assert.True(seen.Add(s));
        Assert.Equal([1UL, 1000UL], seen.Bounds.ToArray());
    }

    [Fact]
    public void Add_AnyOrderWithRepeats_AnswersAsASetDoes()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var seen = new SeenSequences();
            var known = new HashSet<ulong>();
            for (var i = 0; i < 150; i++)
            {
                var sequence = (ulong)random.Next(1, 100);
                Assert.Equal(known.Add(sequence), seen.Add(sequence));
            }
        }
    }

    [Fact]
    public void Add_PastTheBound_ForgetsTheOldestRange()
    {
        var seen = new SeenSequences();
        for (ulong s = 1; s <= (SeenSequences.MaxRanges + 1) * 2; s += 2) seen.Add(s);
        Assert.Equal(SeenSequences.MaxRanges * 2, seen.Bounds.Length);
        Assert.True(seen.Add(1), "a forgotten sequence counts as never seen: late, not lost");
    }

    [Fact]
    public void From_ItsBounds_IsTheSame()
    {
        var seen = new SeenSequences();
        foreach (var s in new ulong[] { 5, 6, 9, 1, 20 }) seen.Add(s);
        var again = SeenSequences.From(seen.Bounds.ToArray());
        Assert.Equal(seen.Bounds.ToArray(), again.Bounds.ToArray());
        Assert.False(again.Add(9));
        Assert.True(again.Add(7));
    }
}
