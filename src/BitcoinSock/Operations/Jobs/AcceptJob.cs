using System.Net;

namespace BitcoinSock;

/// <summary>Accepts a connection, which it has then; its place is the listener.</summary>
internal sealed class AcceptJob<TAccepted> : IJob<ISockAccept<TAccepted>>
    where TAccepted : class
{
    // Who connects and goes again must not keep an accept from clock and interrupt.
    private const int GoneInARowMax = 16;

    private TAccepted? _accepted;
    private EndPoint? _peer;
    private bool _hasBegun;

    public SockEvents Awaited => SockEvents.Recv;

    public bool IsDone => _accepted is not null;

    public int Count => 0;

    public void Deconstruct(out TAccepted? accepted, out EndPoint? peer) =>
        (accepted, peer) = (_accepted, _peer);

    // One accept, and another for each connection that is gone. Ok and null: nobody is there.
    public SockOutcome Step(ISockAccept<TAccepted> listener)
    {
        if (!_hasBegun)
        {
            // A wait is no promise: another thread may be faster, or the peer be gone.
            SockResult mode = listener.SetNonBlocking();
            if (mode.IsError)
            {
                return SockOutcome.Failed(mode.Error);
            }

            _hasBegun = true;
        }

        for (int gone = 0; gone < GoneInARowMax; gone++)
        {
            SockResult got = listener.Accept(out TAccepted accepted, out EndPoint? peer);
            if (!got.IsError)
            {
                (_accepted, _peer) = (accepted, peer);
                return SockOutcome.Ok(0);
            }

            if (!listener.AcceptGoesOn(got.Error))
            {
                return SockOutcome.RetryOrFail(got.Error);
            }
        }

        return SockOutcome.Ok(0);
    }
}
