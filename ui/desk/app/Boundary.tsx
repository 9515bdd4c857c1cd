import { Button, Trouble } from '@kit'
import { Component, type ReactNode } from 'react'
import { t } from '../text/t'

type Props = { children: ReactNode; name: string }

/** Keeps a fault of one pane inside it: the others go on, and the details can be copied for whoever repairs it. */
export class Boundary extends Component<Props, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null }

  static getDerivedStateFromError(fault: Error) {
    return { fault }
  }

  override render() {
    const { fault } = this.state
    if (!fault) return this.props.children
    const details = `${this.props.name}: ${fault.message}\n${fault.stack ?? ''}`
    return (
      <div className="flex flex-col gap-3 p-4">
        <Trouble
          title={t('error.title')}
          text={t('error.safe')}
          retry={{ label: t('action.retry'), run: () => this.setState({ fault: null }) }}
        />
        <Button tone="quiet" className="self-start" onClick={() => navigator.clipboard.writeText(details)}>
          {t('error.copy')}
        </Button>
      </div>
    )
  }
}
