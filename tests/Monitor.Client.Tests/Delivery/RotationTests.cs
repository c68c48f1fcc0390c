using Monitor.Client.Delivery;

namespace Monitor.Client.Tests.Delivery;

public sealed class RotationTests
{
    private static readonly Uri A = new("http://a"), B = new("http://b"), C = new("http://c");
    private readonly Rotation rotation = new();

    [Fact]
    public void Next_NothingFailed_IsTheFirst() => Assert.Equal(B, rotation.Next([B, A]));

    [Fact]
    public void Next_AllFailed_IsTheOneWhoseFailureIsLongestAgo()
    {
        foreach (var failed in new[] { B, A, C }) rotation.Failed(failed);
        Assert.Equal(B, rotation.Next([A, B, C]));
        rotation.Failed(B);
        Assert.Equal(A, rotation.Next([A, B, C]));
    }

    [Fact]
    public void Next_FailedOneWasAway_BeginsAnew()
    {
        rotation.Failed(A);
        Assert.Equal(B, rotation.Next([A, B]));
        rotation.Next([B]);
        Assert.Equal(A, rotation.Next([A, B]));
    }
}
