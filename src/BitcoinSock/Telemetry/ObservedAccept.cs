using System.Net;

namespace BitcoinSock;

/// <summary>As <see cref="Observed"/>, around a listener.</summary>
internal sealed class ObservedAccept<TAccepted>(Observed observed, ISockAccept<TAccepted> sock)
    : ISockAccept<TAccepted>,
        ISockGone
    where TAccepted : class
{
    TimeProvider ISockWait.Clock => ((ISockWait)observed).Clock;

    CancellationToken ISockGone.Gone => ((ISockGone)observed).Gone;

    SockResult ISockAccept<TAccepted>.Accept(out TAccepted accepted, out EndPoint? peer) =>
        observed.Called(
            "Accept",
            0,
            observed.Call<ISockAccept<TAccepted>>().Accept(out accepted, out peer)
        );

    SockResult ISockAccept<TAccepted>.SetNonBlocking() =>
        observed.Called(
            "SetNonBlocking",
            0,
            observed.Call<ISockAccept<TAccepted>>().SetNonBlocking()
        );

    bool ISockAccept<TAccepted>.AcceptGoesOn(int error) => sock.AcceptGoesOn(error);

    SockResult ISockWait.Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt
    ) => ((ISockWait)observed).Wait(timeout, requested, out occurred, interrupt);
}
