using System.Text;
using Monitor.Cli.Jobs;

namespace Monitor.Cli.Tests.Jobs;

public sealed class OutputTailTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\n", "")]
    [InlineData("one", "one")]
    [InlineData("one\n", "one")]
    [InlineData("one\r\ntwo\n\n", "one\ntwo")]
    [InlineData("one\n\n\ntwo", "one\n\n\ntwo")]
    public void ToString_FewLines_IsAllOfThem(string output, string expected)
    {
        Assert.Equal(expected, Tail(Encoding.UTF8.GetBytes(output)).ToString());
    }

    [Fact]
    public void ToString_ManyLines_IsTheLastTwenty()
    {
        var tail = Tail(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(1, 100)) + "\n"));

        Assert.Equal(string.Join('\n', Enumerable.Range(81, 20)), tail.ToString());
    }

    [Fact]
    public void ToString_OneEndlessLineInPieces_IsItsEnd()
    {
        var line = string.Concat(Enumerable.Range(0, 10_000).Select(n => $"{n},"));
        var tail = new OutputTail();
        foreach (var piece in Encoding.UTF8.GetBytes(line).Chunk(777))
            tail.Append(piece);

        Assert.Equal(line[^OutputTail.MaxBytes..], tail.ToString());
    }

    [Fact]
    public void ToString_CutInsideACharacter_StartsWithTheNext()
    {
        var text = Tail(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("€", 5000)))).ToString();

        Assert.Equal(new string('€', OutputTail.MaxBytes / 3), text);
    }

    [Fact]
    public void ToString_NoText_IsStillBounded()
    {
        var text = Tail([.. Enumerable.Repeat((byte)0xFF, 20_000)]).ToString();

        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, OutputTail.MaxBytes);
    }

    private static OutputTail Tail(byte[] output)
    {
        var tail = new OutputTail();
        tail.Append(output);
        return tail;
    }
}
