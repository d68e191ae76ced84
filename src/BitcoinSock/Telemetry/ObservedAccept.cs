using System.Net;

namespace BitcoinSock;

/// <summary>As <see cref="Observed"/>, around a listener.</summary>
internal sealed class ObservedAccept<TAccepted> : Observed, ISockAcceptAsync<TAccepted>
    where TAccepted : class
{
    private readonly ISockAccept<TAccepted> _listener;

    private ObservedAccept(ISockAccept<TAccepted> listener, string operation)
        : base(listener, operation) => _listener = listener;

    /// <inheritdoc cref="Observed.Begin"/>
    public static ObservedAccept<TAccepted>? Begin(ISockAccept<TAccepted> listener) =>
        IsWanted(listener)
            ? TryMake(
                static (listener, operation) =>
                    new ObservedAccept<TAccepted>((ISockAccept<TAccepted>)listener, operation),
                listener,
                nameof(SockOperations.AcceptComplete)
            )
            : null;

    SockResult ISockAccept<TAccepted>.Accept(out TAccepted accepted, out EndPoint? peer) =>
        Called(
            nameof(ISockAccept<>.Accept),
            0,
            Call<ISockAccept<TAccepted>>().Accept(out accepted, out peer)
        );

    SockResult ISockAccept<TAccepted>.SetNonBlocking() =>
        Called(
            nameof(ISockAccept<>.SetNonBlocking),
            0,
            Call<ISockAccept<TAccepted>>().SetNonBlocking()
        );

    bool ISockAccept<TAccepted>.AcceptGoesOn(int error) => _listener.AcceptGoesOn(error);
}
