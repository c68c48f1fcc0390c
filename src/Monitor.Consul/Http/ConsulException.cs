using System.Net;

namespace Monitor.Consul.Http;

/// <summary>Consul refused a request or could not be reached: which request, at which address, and what it said. The token is never in it.</summary>
public sealed class ConsulException : Exception
{
    public ConsulException(string message, HttpStatusCode? statusCode = null, Exception? innerException = null)
        : base(message, innerException) => StatusCode = statusCode;

    /// <summary>What an agent answered; null where none did.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>The ACL denies it, or knows no such token: trying again does not help until an operator acts.</summary>
    public bool IsDenied => StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized;
}
