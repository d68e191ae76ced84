namespace BitcoinSock;

public static partial class SockOperations
{
    /// <summary>
    /// Tells whether the peer is still there, by a peek of one byte: it consumes no data and does
    /// not block. (A pending error is the system's to tell once: after this has told it, the next
    /// receive may find the end of the stream.) Core's <c>IsConnected</c>.
    /// </summary>
    /// <param name="sock">Whom to ask.</param>
    /// <param name="errmsg">
    /// If not: <c>not connected</c> (there is no socket), <c>closed</c> (by the peer), or the text
    /// of the error. Empty otherwise.
    /// </param>
    /// <returns>
    /// False if the next receive would be the end of the stream or a permanent error; true if it
    /// would give data or block.
    /// </returns>
    public static bool IsConnected<TSock>(this TSock sock, out string errmsg)
        where TSock : ISockRecv =>
        sock is ISockIsConnected own ? own.IsConnected(out errmsg) : Peek(sock, out errmsg);

    /// <summary>Tells whether the peer is still there, as an outcome.</summary>
    /// <param name="sock">Whom to ask.</param>
    /// <returns>
    /// Ok if the next receive would give data or block; Closed, or Failed, which also is what it is
    /// (EBADF) if there is no socket. The count is 0.
    /// </returns>
    public static SockOutcome TryIsConnected<TSock>(this TSock sock)
        where TSock : ISockRecv
    {
        using Observed? observed = Observed.Begin(sock, nameof(IsConnected));
        SockOutcome found = Look(observed ?? (ISockRecv)sock) with { Count = 0 };
        return observed is null ? found : observed.End(found);
    }

    internal static bool Peek<TSock>(TSock sock, out string errmsg)
        where TSock : ISockRecv
    {
        SockOutcome found = sock.TryIsConnected();
        errmsg = found switch
        {
            { IsOk: true } => "",
            { Status: SockStatus.Closed } => "closed",
            _ when found.Error == NetworkError.BadHandle => "not connected",
            _ => NetworkError.NetworkErrorString(found.Error),
        };
        return found.IsOk;
    }

    // A peek. Ok: so many bytes, possibly none, are there.
    internal static SockOutcome Look(ISockRecv sock)
    {
        Span<byte> one = stackalloc byte[1];
        SockResult peek = sock.Recv(one, SockFlags.Peek | SockFlags.DontWait);
        return peek.IsError ? SockOutcome.RetryOrFail(peek.Error)
            : peek.Count == 0 ? SockOutcome.End(SockStatus.Closed)
            : SockOutcome.Ok(peek.Count);
    }
}
