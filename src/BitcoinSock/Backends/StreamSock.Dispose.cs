namespace BitcoinSock;

// How it lets go of its stream.
public sealed partial class StreamSock
{
    /// <summary>
    /// Lets the stream go, and disposes it if it is owned: after what it is writing, which was
    /// counted as sent. This waits a second for that, and if it takes longer the stream is disposed
    /// when it ends. What was read ahead is gone then: take <see cref="Unread"/> before. What has
    /// come and was never read, of TLS 1.3 the tickets behind the handshake, may have TCP reset the
    /// connection, and lose what is on its way.
    /// </summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (TryBeginDispose())
        {
            WaitFor(_writing, CancellationToken.None);
            Task closing = CloseAsync();
            if (closing.IsCompleted)
            {
                closing.GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>
    /// Lets the stream go, and disposes it if it is owned, after what it is writing. What was read
    /// ahead is gone then: take <see cref="Unread"/> before.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return TryBeginDispose() ? new(CloseAsync()) : default;
    }

    /// <summary>What is forgotten is let go as if it had been disposed.</summary>
    ~StreamSock() =>
        // Not here: the stream is somebody else's code.
        ThreadPool.UnsafeQueueUserWorkItem(
            static forgotten => _ = forgotten.CloseAsync(),
            this,
            preferLocal: false
        );

    private bool TryBeginDispose()
    {
        if (Interlocked.Exchange(ref _isLetGo, true))
        {
            return false;
        }

        _disposing.Cancel();
        _bell.Ring();
        return true;
    }

    private async Task CloseAsync()
    {
        if (_writing is Task writing)
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _reads.Cancel();
        if (!_leaveOpen)
        {
            await Stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
