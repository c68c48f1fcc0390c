using System.Net;
using System.Text.Json.Serialization;

namespace Monitor.Consul.Http;

/// <summary>A write within a transaction, done only if the key's last write is the given one.</summary>
/// <param name="Value">Null: the key is deleted.</param>
/// <param name="ModifyIndex">0 with a value: only if there is no such key.</param>
public readonly record struct Change(string Key, byte[]? Value, ulong ModifyIndex);

public sealed partial class ConsulClient
{
    private const string Stale = ", index is stale";

    /// <summary>
    /// Does all changes or none. Answers the index of each written key, in order (0 for a deleted one), or null if one of the keys has changed meanwhile.
    /// </summary>
    /// <exception cref="ConsulException">
    /// It failed in another way, as an ACL that denies it, which Consul reports with the same status 409. When no answer came, it may have been done.
    /// </exception>
    public async Task<IReadOnlyList<ulong>?> TransactAsync(IReadOnlyList<Change> changes, CancellationToken cancellationToken = default)
    {
        var operations = changes.Select(change => new TransactionOperation(new(
            change.Value is null ? "delete-cas" : "cas", change.Key, change.Value, change.ModifyIndex))).ToArray();
        using var response = await SendAsync(
            HttpMethod.Put, "v1/txn", () => Json(operations, ConsulJson.Default.TransactionOperationArray), Retry.Unseen, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Conflict) await EnsureSuccessAsync(response, cancellationToken);

        var answer = await ReadAsync(response, ConsulJson.Default.TransactionAnswer, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Conflict)
        {
            var written = (answer.Results ?? []).ToDictionary(result => result.KV.Key, result => result.KV.ModifyIndex);
            return [.. changes.Select(change => written.GetValueOrDefault(change.Key))];
        }

        var errors = answer.Errors ?? [];
        if (errors.Length > 0 && errors.All(error => error.What.EndsWith(Stale, StringComparison.Ordinal))) return null;

        var denied = errors.Any(error => error.What.Contains("Permission denied", StringComparison.OrdinalIgnoreCase)
            || error.What.Contains("ACL not found", StringComparison.OrdinalIgnoreCase));
        throw new ConsulException(
            $"{What(response)}: {string.Join("; ", errors.Select(error => $"{changes[error.OpIndex].Key}: {error.What}"))}",
            denied ? HttpStatusCode.Forbidden : HttpStatusCode.Conflict);
    }
}

internal sealed record TransactionOperation(KeyOperation KV);

internal sealed record KeyOperation(
    string Verb, string Key, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] byte[]? Value, ulong Index);

internal sealed record TransactionAnswer(TransactionResult[]? Results, TransactionError[]? Errors);

internal sealed record TransactionResult(KeyValue KV);

internal sealed record TransactionError(int OpIndex, string What);
