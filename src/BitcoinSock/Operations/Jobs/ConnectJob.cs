using System.Net;
using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>Connects.</summary>
/// <param name="sock">What.</param>
/// <param name="options">The same, for its SO_ERROR.</param>
internal struct ConnectJob(ISockConnect sock, ISockGetSockOpt options) : IJob<EndPoint>
{
    private bool _hasBegun;

    public readonly SockEvents Awaited => SockEvents.Send;

    public bool IsDone { get; private set; }

    public readonly int Count => 0;

    public SockOutcome Step(EndPoint to)
    {
        SockResult before = _hasBegun ? Pending() : sock.SetNonBlocking();
        if (before.IsError)
        {
            return SockOutcome.Failed(before.Error);
        }

        // Later it is done, or not started (a full backlog of a unix listener is EAGAIN),
        // interrupted, woken for nothing, or a slice of the wait is over: connecting once more
        // tells which.
        SockResult attempt = sock.Connect(to);
        if (!attempt.IsError || (_hasBegun && attempt.Error == NetworkError.AlreadyConnected))
        {
            IsDone = true;
            // Of a port that nobody listens on, and that the system itself gave to this socket,
            // there is nobody to refuse a connect.
            return sock.IsConnectedToItself()
                ? SockOutcome.Failed(NetworkError.ConnectionRefused)
                : SockOutcome.Ok(0);
        }

        // Of a first attempt the other codes for this are failures.
        bool goesOn =
            attempt.Error == NetworkError.AlreadyInProgress
            || (_hasBegun && NetworkError.ConnectGoesOn(attempt.Error));
        _hasBegun = true;
        return goesOn ? SockOutcome.Ok(0) : SockOutcome.RetryOrFail(attempt.Error);
    }

    // Asked after every wait, because older WSAPoll never reports a connect that failed.
    private readonly SockResult Pending()
    {
        SockResult asked = options.GetSockOpt(
            SocketOptionLevel.Socket,
            SocketOptionName.Error,
            out int pending
        );
        return asked.IsError || pending == 0 ? asked : SockResult.Fail(pending);
    }
}
