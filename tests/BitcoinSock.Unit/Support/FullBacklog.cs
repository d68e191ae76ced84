using System.Net;

namespace BitcoinSock.Unit;

/// <summary>
/// A listener with connections that nobody accepts, one more than there is room for. Who comes next
/// gets no answer, or EAGAIN from a unix listener on Linux.
/// </summary>
internal sealed class FullBacklog : IDisposable
{
    private readonly List<Sock> _waiting = [];

    public FullBacklog(EndPoint wanted)
    {
        Listener = Sock.Create(wanted.AddressFamily);
        Listener.Bind(wanted).ThrowIfError("bind");
        Listener.Listen(0).ThrowIfError("listen");
        Listener.GetSockName(out EndPoint? own).ThrowIfError("getsockname");
        Address = own!;
        do
        {
            _waiting.Add(Sock.Create(wanted.AddressFamily));
        } while (_waiting[^1].TryConnectComplete(Address, Within.Brief).IsOk);
    }

    public Sock Listener { get; }

    public EndPoint Address { get; }

    /// <summary>Makes room for one, and has nobody else wait for it.</summary>
    public void MakeRoom()
    {
        _waiting[^1].Dispose();
        Listener.Accept(out Sock first).ThrowIfError("accept");
        first.Dispose();
    }

    public void Dispose()
    {
        _waiting.ForEach(sock => sock.Dispose());
        Listener.Dispose();
    }
}
