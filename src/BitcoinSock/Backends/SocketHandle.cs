using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>The descriptor of a Socket of the base library, which closes it itself.</summary>
internal sealed class SocketHandle : SockHandle
{
    private readonly SafeSocketHandle _socket;
    private readonly ManualResetEventSlim _isLetGo = new();

    public SocketHandle(Socket socket)
    {
        _socket = socket.SafeHandle;
        SetHandle(socket.Handle);
    }

    /// <summary>After it was disposed: until the calls that use it have returned.</summary>
    public void WaitUntilLetGo() => _isLetGo.Wait();

    // Not closed by somebody who disposes the socket, either: he has to wake first who uses it.
    public override bool TryHold()
    {
        if (!base.TryHold())
        {
            return false;
        }

        if (TryHoldAwaited())
        {
            return true;
        }

        base.LetGo();
        return false;
    }

    public override void LetGo()
    {
        LetGoAwaited();
        base.LetGo();
    }

    public override bool TryHoldAwaited()
    {
        bool isHeld = false;
        try
        {
            _socket.DangerousAddRef(ref isHeld);
        }
        catch (ObjectDisposedException)
        {
            // Nothing to hold; the caller says so.
        }

        return isHeld;
    }

    public override void LetGoAwaited() => _socket.DangerousRelease();

    protected override bool ReleaseHandle()
    {
        _isLetGo.Set();
        return true;
    }
}
