using Monitor.Rules.Staleness;

namespace Monitor.Rules.Tests.Staleness;

public sealed class ReceptionTests
{
    private const long Start = 1_000_000;

    private readonly Reception reception = new(Start);

    [Fact]
    public void Until_NoGatewayHasSpoken_IsTheStart()
    {
        Assert.Equal(Start, reception.Until(Start));
        Assert.Equal(Start, reception.Until(Start + 3_600_000));
    }

    [Fact]
    public void Until_AGatewaySpoke_IsWhenItDid()
    {
        reception.Hear("a", Start + 60_000);

        Assert.Equal(Start + 60_000, reception.Until(Start + 60_400));
    }

    [Fact]
    public void Until_EveryGatewaySilent_StaysHoweverLong()
    {
        reception.Hear("a", Start + 1_000);
        reception.Hear("b", Start + 1_200);

        Assert.Equal(Start + 1_000, reception.Until(Start + 4_000));
        Assert.Equal(Start + 1_200, reception.Until(Start + 3_600_000));
    }

    [Fact]
    public void Until_OneOfTwoFallsSilent_StaysUntilItsReportersHaveMoved()
    {
        reception.Hear("a", Start);
        reception.Hear("b", Start + 29_900);
        Assert.Equal(Start, reception.Until(Start + 30_000));
        Assert.Equal(Start + 29_900, reception.Until(Start + 30_001));
    }

    [Fact]
    public void Until_OneOfTwoLeaves_IsTheOthers()
    {
        reception.Hear("a", Start);
        reception.Hear("b", Start + 3_000);
        reception.Leave("a");

        Assert.Equal(Start + 3_000, reception.Until(Start + 3_000));
    }

    [Fact]
    public void Until_TheLastLeaves_IsItsLastWord()
    {
        reception.Hear("a", Start + 3_000);
        reception.Leave("a");

        Assert.Equal(Start + 3_000, reception.Until(Start + 4_000));
    }

    [Fact]
    public void Until_ASilentOneSpeaksAgain_GoesOnAtOnce()
    {
        reception.Hear("a", Start);
        reception.Hear("b", Start + 10_000);
        reception.Hear("a", Start + 10_100);

        Assert.Equal(Start + 10_000, reception.Until(Start + 10_200));
    }

    [Fact]
    public void Until_AClockThatWentBack_IsNotAfterNow()
    {
        reception.Hear("a", Start + 10_000);

        Assert.Equal(Start + 5_000, reception.Until(Start + 5_000));
    }
}
