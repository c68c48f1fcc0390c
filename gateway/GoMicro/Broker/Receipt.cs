namespace Monitor.Gateway.GoMicro.Broker;

/// <summary>What became of a message.</summary>
/// <param name="Outcome">Accepted: it is durable. Otherwise it is not.</param>
/// <param name="Error">Why it is not; null where it is.</param>
internal readonly record struct Receipt(WireOutcome Outcome, MicroError? Error)
{
    public static readonly Receipt Accepted = new(WireOutcome.Accepted, null);

    /// <summary>The server cannot take anything at present: the next message would fare no better.</summary>
    public bool IsBusy => Outcome == WireOutcome.Failed && Error?.Code is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;
}
