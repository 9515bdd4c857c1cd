import { Button, Trouble } from '@kit'
import { Component, type ReactNode } from 'react'
import { t } from '../text/t'

type Props = { children: ReactNode; name: string; about?: unknown }
type State = { fault: Error | null; about: unknown }

/**
 * Keeps a fault of one pane inside it: the others go on, and the details can be copied for whoever repairs it. A pane that
 * comes to be `about` something else is tried again; what it shows is changed, not made anew.
 */
export class Boundary extends Component<Props, State> {
  override state: State = { fault: null, about: this.props.about }

  static getDerivedStateFromError(fault: Error) {
    return { fault }
  }

  static getDerivedStateFromProps({ about }: Props, state: State): State | null {
    return about === state.about ? null : { fault: null, about }
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
