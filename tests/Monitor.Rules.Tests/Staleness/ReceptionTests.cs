using Monitor.Rules.Staleness;

namespace Monitor.Rules.Tests.Staleness;

public sealed class ReceptionTests
{
    private const long Start = 1_000_000;

    private readonly Reception reception = new(Start, TimeSpan.FromSeconds(2));

    [Fact]
    public void IsWhole_AtTheStart_IsForAsLongAsPatienceLasts()
    {
        Assert.True(reception.IsWhole(Start + 2_000));
        Assert.False(reception.IsWhole(Start + 2_001));
    }

    [Fact]
    public void IsWhole_AGatewaySpeaks_Is()
    {
        reception.Hear("a", Start + 60_000);

        Assert.True(reception.IsWhole(Start + 61_000));
    }

    [Fact]
    public void IsWhole_EveryGatewaySilent_IsNotHoweverLong()
    {
        reception.Hear("a", Start);

        Assert.False(reception.IsWhole(Start + 3_000));
        Assert.False(reception.IsWhole(Start + 3_600_000));
    }

    [Fact]
    public void IsWhole_OneOfTwoFallsSilent_IsNotUntilItsReportersHaveMoved()
    {
        reception.Hear("a", Start);
        reception.Hear("b", Start + 3_000);
        Assert.False(reception.IsWhole(Start + 3_000));

        reception.Hear("b", Start + 30_000);
        Assert.False(reception.IsWhole(Start + 30_000));
        Assert.True(reception.IsWhole(Start + 30_001));
    }

    [Fact]
    public void IsWhole_OneOfTwoLeaves_IsAtOnce()
    {
        reception.Hear("a", Start);
        reception.Hear("b", Start + 3_000);
        reception.Leave("a");

        Assert.True(reception.IsWhole(Start + 3_000));
    }

    [Fact]
    public void IsWhole_TheLastLeaves_IsNotForLong()
    {
        reception.Hear("a", Start + 3_000);
        reception.Leave("a");

        Assert.True(reception.IsWhole(Start + 4_000));
        Assert.False(reception.IsWhole(Start + 6_000));
    }

    [Fact]
    public void IsWhole_ASilentOneSpeaksAgain_IsAtOnce()
    {
        reception.Hear("a", Start);
        reception.Hear("b", Start + 10_000);
        reception.Hear("a", Start + 10_000);

        Assert.True(reception.IsWhole(Start + 10_000));
    }
}
